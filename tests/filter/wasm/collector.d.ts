/** Of AssemblyScript's runtime, and missing in its types. */
declare function __alloc(size: usize): usize;
declare function __free(ptr: usize): void;
