import { yaml } from "./yaml-text.js";

/** How a filter and its library are called in Envoy, and what of the library's settings is said. */
const LIBRARIES = [
  { name: "gzip", type: "gzip.decompressor.v3.Gzip", settings: "window_bits: 15" },
  { name: "brotli", type: "brotli.decompressor.v3.Brotli", settings: "" },
  { name: "zstd", type: "zstd.decompressor.v3.Zstd", settings: "" },
];

/**
 * The filters that unpack a client's compressed body before the module reads it, which takes no compressed one. Codex sends zstd. They
 * inflate nothing more than a hundredfold, and the module's `limits.requestBody` counts what comes out.
 */
export const decompressors = LIBRARIES.map(
  ({ name, type, settings }) => yaml`
    # A client may send its body compressed; the module reads it unpacked. Answers pass as they are.
    name: envoy.filters.http.decompressor.${name}
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.decompressor.v3.Decompressor
      decompressor_library:
        name: ${name}
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.compression.${type}
          ${settings}
      request_direction_config:
        # Else a provider would be asked to compress its answers.
        advertise_accept_encoding: false
        common_config: {ignore_no_transform_header: true}
      response_direction_config:
        common_config: {enabled: {default_value: false, runtime_key: ai_failover.decompress_answers}}
  `,
);
