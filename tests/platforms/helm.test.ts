import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { toolPath } from "./build-tools.js";

const CHART = "deploy/helm/ai-failover";
const helm = (...args: string[]): string => execFileSync(toolPath("helm"), args, { encoding: "utf8" });
const documents = (text: string): unknown[] =>
  parseAllDocuments(text)
    .map(document => document.toJS() as unknown)
    .filter(value => value !== null);

it("helm finds nothing wrong with the chart", () => {
  expect(helm("lint", "--strict", CHART)).toMatch("1 chart(s) linted, 0 chart(s) failed");
});

it("the plain manifests are what the chart gives", () => {
  const text = readFileSync("deploy/kubernetes/ai-failover.yaml", "utf8");
  expect(documents(text)).toEqual(documents(helm("template", "ai-failover", CHART)));
});
