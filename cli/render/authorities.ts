import { existsSync } from "node:fs";

/** Where systems keep the authorities they trust, the usual ones first. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL, Amazon Linux
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 10
  "/etc/ssl/cert.pem", // macOS, Alpine, BSD
];

/** The system's bundle; where none is found the first name stands, and Envoy says that it is missing. */
export function systemAuthorities(): string {
  return process.env["SSL_CERT_FILE"] || (BUNDLES.find(file => existsSync(file)) ?? BUNDLES[0]!);
}
