/** Of AssemblyScript's minimal runtime, and missing in its types: frees what no global reaches. */
declare function __collect(): void;
