import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import type { GatewayConfig } from "../../cli/config/config-types.js";
import { Clusters } from "../../cli/run/cluster-names.js";

const STAY = 1000;

/** Providers by their ids, with their places. */
const configOf = (places: Record<string, string>, more: object = {}): GatewayConfig =>
  resolveConfig(
    sourceOf(
      {
        providers: Object.entries(places).map(([id, url]) => ({
          ...{ id, type: "openai", models: [`${id}*`], apiTokens: ["t"], url },
          ...more,
        })),
      },
      "test",
    ),
  );

/** What a run does with one configuration after the other. */
function serve(clusters: Clusters, config: GatewayConfig, now: number) {
  const named = clusters.named(config);
  clusters.serve(named, now);
  return { names: named.providers.map(({ cluster }) => cluster), besides: besides(clusters, named) };
}
const besides = (clusters: Clusters, config: GatewayConfig) => clusters.besides(config).map(({ name }) => name);

const A = "http://10.0.0.1:1/v1";
const B = "http://10.0.0.2:1/v1";

describe("the clusters of a run", () => {
  it("have their providers' names, and keep them while they stay where they are", () => {
    const clusters = new Clusters(configOf({ one: A }), STAY);
    const edited = configOf({ one: `${A}/team`, two: B }, { connectTimeout: "1s" });
    expect(serve(clusters, edited, 0)).toEqual({ names: ["one", "two"], besides: [] });
  });

  it("stay for those that still need them, and go when that time is over", () => {
    const clusters = new Clusters(configOf({ one: A, two: B }), STAY);
    const edited = configOf({ one: A });
    expect(serve(clusters, edited, 0)).toEqual({ names: ["one"], besides: ["two"] });
    // A later edit does not prolong it.
    serve(clusters, edited, 500);
    expect(clusters.prune(STAY - 1)).toBe(false);
    expect(clusters.prune(STAY)).toBe(true);
    expect(besides(clusters, edited)).toEqual([]);
  });

  it("never change their place under one name", () => {
    const clusters = new Clusters(configOf({ one: A }), STAY);
    const moved = configOf({ one: B });
    expect(serve(clusters, moved, 0)).toEqual({ names: ["one~2"], besides: ["one"] });
    expect(serve(clusters, moved, 1)).toEqual({ names: ["one~2"], besides: ["one"] });
    clusters.prune(STAY);
    expect(serve(clusters, moved, STAY)).toEqual({ names: ["one~2"], besides: [] });
    expect(serve(clusters, configOf({ one: A }), STAY)).toEqual({ names: ["one"], besides: ["one~2"] });
    // Back again, while both are there.
    expect(serve(clusters, moved, STAY)).toEqual({ names: ["one~2"], besides: ["one"] });
    expect(serve(clusters, configOf({ one: "https://10.0.0.2:1/v1" }), STAY).names).toEqual(["one~3"]);
  });

  it("of both dialects of a provider go together", () => {
    const both = (messagesUrl: string) => configOf({ one: A }, { messagesUrl });
    const clusters = new Clusters(both(A), STAY);
    const moved = clusters.named(both(B)).providers[0]!;
    expect([moved.cluster, moved.messagesCluster]).toEqual(["one", "one-messages"]);
    clusters.serve(clusters.named(both(B)));
    const again = clusters.named(both("http://10.0.0.3:1")).providers[0]!;
    expect([again.messagesCluster, again.targets[1]!.name]).toEqual(["one-messages~2", "one-messages~2"]);
  });
});
