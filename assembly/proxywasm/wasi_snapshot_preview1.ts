/** The part of WASI preview 1 that proxy-wasm-cpp-host offers and we use. All return 0 for success. */
export declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;
export declare function random_get(ptr: usize, size: usize): i32;
export declare function environ_sizes_get(count: usize, size: usize): i32;
export declare function environ_get(pointers: usize, buffer: usize): i32;
