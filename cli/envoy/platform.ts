import { release } from "node:os";
import { Refusal } from "../refusal.js";
import type { WheelPlatform } from "./releases.js";

export interface Host {
  platform: string;
  arch: string;
  /** "2.36"; absent with another C library, as on Alpine. */
  glibc?: string;
  /** The kernel's release: Darwin 24 is macOS 15. */
  release: string;
}

const ELSEWHERE = 'run "docker compose up" instead, or let the variable ENVOY name an Envoy of your own.';

export function thisHost(): Host {
  const header = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime, release: release() };
}

/** Which of the published builds of Envoy runs on this host. */
export function wheelPlatform(host: Host): WheelPlatform {
  const { platform, arch, glibc } = host;
  if (platform === "darwin" && arch === "arm64") {
    if (parseInt(host.release) >= 24) return "macosx_15_0_arm64";
    throw new Refusal(`There is no ready Envoy for a macOS before 15; ${ELSEWHERE}`);
  }
  if (platform === "linux" && (arch === "x64" || arch === "arm64")) {
    if (glibc === undefined) throw new Refusal(`Envoy needs glibc, and this Linux has another C library; ${ELSEWHERE}`);
    const [major = 0, minor = 0] = glibc.split(".").map(Number);
    if (major < 2 || (major === 2 && minor < 31))
      throw new Refusal(`Envoy needs glibc 2.31 or newer, and this Linux has ${glibc}; ${ELSEWHERE}`);
    return arch === "x64" ? "manylinux_2_31_x86_64" : "manylinux_2_31_aarch64";
  }
  throw new Refusal(`There is no ready Envoy for ${platform} on ${arch}; ${ELSEWHERE}`);
}
