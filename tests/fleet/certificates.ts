import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for this machine that is its own authority. */
export class Certificate {
  private readonly directory = mkdtempSync(join(tmpdir(), "ai-failover-certificate-"));
  readonly key = join(this.directory, "tls.key");
  readonly file = join(this.directory, "tls.crt");

  constructor() {
    const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    const subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=store", "-addext", names];
    execFileSync("openssl", ["req", ...subject, "-keyout", this.key, "-out", this.file], { stdio: "pipe" });
  }

  /** Options of a Redis that listens with it. */
  optionsFor(port: number): string[] {
    const files = ["--tls-cert-file", this.file, "--tls-key-file", this.key, "--tls-ca-cert-file", this.file];
    return ["--tls-port", String(port), ...files, "--tls-auth-clients", "no"];
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
