/** The part of WASI preview 1 that a host gives to a filter: clocks, chance, environment. */
import type { Vm } from "./vm.js";

const OK = 0;
const INVALID = 28;

export function wasiFunctions(vm: Vm): Record<string, (...args: number[]) => number> {
  const variables = () => Object.entries(vm.options.environment).map(([n, v]) => Buffer.from(`${n}=${v}\0`));
  return {
    clock_time_get(clock, _precision, time) {
      const { monotonicNs, wallNs } = vm.process.clock;
      if (clock !== 0 && clock !== 1) return INVALID;
      vm.putU64(time!, clock === 1 ? monotonicNs : wallNs);
      return OK;
    },
    random_get(at, size) {
      vm.put(at!, Buffer.from(Array.from({ length: size! }, () => vm.process.random() & 0xff)));
      return OK;
    },
    environ_sizes_get(count, size) {
      vm.putU32(count!, variables().length);
      vm.putU32(size!, Buffer.concat(variables()).length);
      return OK;
    },
    environ_get(pointers, text) {
      let at = text!;
      variables().forEach((variable, i) => {
        vm.putU32(pointers! + 4 * i, at);
        vm.put(at, variable);
        at += variable.length;
      });
      return OK;
    },
    proc_exit(code) {
      throw new Error(`proc_exit(${code})`);
    },
  };
}
