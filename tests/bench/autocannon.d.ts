/** The part of autocannon that the benchmark uses; the package has no types of its own. */
declare module "autocannon" {
  interface Options {
    url: string;
    method: "POST";
    headers: Record<string, string>;
    body: Buffer;
    connections: number;
    /** Requests of all connections together. */
    amount: number;
    /** Seconds until a request counts as failed. */
    timeout: number;
    /** How often it looks whether it is done, ms. */
    sampleInt: number;
  }

  interface Run extends PromiseLike<unknown> {
    on(event: "response", heard: (client: object, status: number, bytes: number, milliseconds: number) => void): this;
    on(event: "reqError", heard: (error: Error) => void): this;
  }

  export default function autocannon(options: Options): Run;
}
