/**
 * The functions of "env". What a module may meet in normal operation answers as in Envoy: an unknown stream, a missing header, key
 * or cluster. What can only be its own mistake - a map or buffer out of its phase, a second answer - fails the test.
 */
import { BufferType, MapType, Status } from "./abi.js";
import type { BodySlot, Context, LocalReply } from "./context.js";
import { HeaderList } from "./host-headers.js";
import { LEVELS } from "./process.js";
import type { Vm } from "./vm.js";

/** An i64 comes as a bigint, all else as a signed number. */
type Call = (...args: never[]) => number;

export function hostFunctions(vm: Vm): Record<string, Call> {
  return {
    ...logCalls(vm),
    ...headerCalls(vm),
    ...bodyCalls(vm),
    ...streamCalls(vm),
    ...sharedCalls(vm),
    ...metricCalls(vm),
  };
}

/** The context that a call acts on. */
function here(vm: Vm): Context {
  return vm.effective ?? vm.current ?? vm.process.violate("a call without a context");
}

function logCalls(vm: Vm): Record<string, Call> {
  return {
    proxy_log(level: number, at: number, size: number) {
      const name = LEVELS[level] ?? vm.process.violate(`log level ${level}`);
      if (level >= LEVELS.indexOf(vm.process.logLevel)) {
        const text = vm.bytes(at, size).toString("utf8");
        vm.process.logs.push({ level: name, text, thread: vm.options.thread, at: vm.process.clock.now });
      }
      return Status.Ok;
    },
    proxy_get_log_level(at: number) {
      vm.putU32(at, LEVELS.indexOf(vm.process.logLevel));
      return Status.Ok;
    },
    proxy_get_current_time_nanoseconds(at: number) {
      vm.putU64(at, vm.process.clock.wallNs);
      return Status.Ok;
    },
  };
}

/** Envoy sends on what it is given: a line break would begin another header. */
function writable(vm: Vm, at: number, size: number): string {
  const value = vm.text(at, size);
  if (/[\0\r\n]/.test(value)) vm.process.violate(`a header's value is ${JSON.stringify(value)}`);
  return value;
}

function headerCalls(vm: Vm): Record<string, Call> {
  const map = (type: MapType): HeaderList => {
    const context = here(vm);
    const answer = context.rootContext.answer;
    const found =
      type === MapType.CalloutHeaders
        ? answer?.headers
        : type === MapType.CalloutTrailers
          ? answer?.trailers
          : context.side?.headerMap(type);
    return found ?? vm.process.violate(`${MapType[type] ?? type} are not reachable now (stream ${context.id})`);
  };
  return {
    proxy_get_header_map_value(type: number, key: number, size: number, pointer: number, length: number) {
      const value = map(type).get(vm.text(key, size).toLowerCase());
      if (value === undefined) return Status.NotFound;
      vm.give(Buffer.from(value, "latin1"), pointer, length);
      return Status.Ok;
    },
    proxy_get_header_map_pairs(type: number, pointer: number, length: number) {
      vm.give(map(type).encode(), pointer, length);
      return Status.Ok;
    },
    proxy_get_header_map_size(type: number, at: number) {
      vm.putU32(at, map(type).encode().length);
      return Status.Ok;
    },
    proxy_add_header_map_value(type: number, key: number, size: number, value: number, length: number) {
      map(type).add(vm.text(key, size).toLowerCase(), writable(vm, value, length));
      return Status.Ok;
    },
    proxy_replace_header_map_value(type: number, key: number, size: number, value: number, length: number) {
      map(type).set(vm.text(key, size).toLowerCase(), writable(vm, value, length));
      return Status.Ok;
    },
    proxy_remove_header_map_value(type: number, key: number, size: number) {
      map(type).remove(vm.text(key, size).toLowerCase());
      return Status.Ok;
    },
  };
}

function bodyCalls(vm: Vm): Record<string, Call> {
  const slot = (type: BufferType): BodySlot => {
    const context = here(vm);
    if (type === BufferType.PluginConfiguration) return { bytes: context.configuration };
    if (type === BufferType.VmConfiguration) return { bytes: Buffer.alloc(0) };
    const found = type === BufferType.CalloutBody ? context.rootContext.answer?.body : context.side?.bodySlot(type);
    return found ?? vm.process.violate(`${BufferType[type] ?? type} is not reachable now (stream ${context.id})`);
  };
  return {
    proxy_get_buffer_bytes(type: number, start: number, size: number, pointer: number, length: number) {
      const { bytes } = slot(type);
      vm.give(bytes.subarray(start >>> 0, (start >>> 0) + (size >>> 0)), pointer, length);
      return Status.Ok;
    },
    proxy_get_buffer_status(type: number, length: number, flags: number) {
      vm.putU32(length, slot(type).bytes.length);
      vm.putU32(flags, 0);
      return Status.Ok;
    },
    /** As Envoy's Buffer::copyFrom: a part from the beginning is replaced, anything else can only be appended. */
    proxy_set_buffer_bytes(type: number, start: number, size: number, at: number, length: number) {
      const body = slot(type);
      const bytes = vm.bytes(at, length);
      if (start === 0) body.bytes = Buffer.concat([bytes, body.bytes.subarray(size >>> 0)]);
      else if (start >>> 0 >= body.bytes.length) body.bytes = Buffer.concat([body.bytes, bytes]);
      else vm.process.violate(`set_buffer_bytes in the middle: ${start} of ${body.bytes.length} bytes`);
      return Status.Ok;
    },
  };
}

function streamCalls(vm: Vm): Record<string, Call> {
  return {
    proxy_get_property(path: number, size: number, pointer: number, length: number) {
      const found = here(vm).side?.property(vm.text(path, size).replace(/\0$/, "").split("\0"));
      if (found === undefined) return Status.NotFound;
      vm.give(found, pointer, length);
      return Status.Ok;
    },
    proxy_set_property(path: number, size: number, value: number, length: number) {
      const side = here(vm).side ?? vm.process.violate("set_property without a stream");
      side.setProperty(vm.text(path, size), vm.bytes(value, length));
      return Status.Ok;
    },
    proxy_set_effective_context(id: number) {
      const context = vm.contexts.get(id);
      if (!context) return Status.BadArgument;
      vm.effective = context;
      return Status.Ok;
    },
    proxy_set_tick_period_milliseconds(period: number) {
      setTick(here(vm).rootContext, period >>> 0);
      return Status.Ok;
    },
    proxy_continue_stream(direction: number) {
      const { side, id } = here(vm);
      if (!side) vm.process.violate("continue_stream without a stream");
      vm.defer(() => {
        const wrong = side.resume(direction);
        if (wrong) vm.process.violate(`continue_stream(${direction}) of stream ${id}: ${wrong}`);
      });
      return Status.Ok;
    },
    proxy_close_stream(_direction: number) {
      const side = here(vm).side ?? vm.process.violate("close_stream without a stream");
      vm.defer(() => side.reset());
      return Status.Ok;
    },
    proxy_send_local_response(
      ...[status, details, detailsSize, body, size, headers, headersSize]: [
        ...[number, number, number, number, number, number, number],
        number,
      ]
    ) {
      const { side, id } = here(vm);
      if (!side) vm.process.violate("send_local_response without a stream: nobody gets it");
      const list = HeaderList.decode(vm.bytes(headers, headersSize));
      if (!list) vm.process.violate("send_local_response with a broken list of headers");
      const reply: LocalReply = {
        ...{ status, headers: list, body: vm.bytes(body, size) },
        details: vm.text(details, detailsSize).replaceAll(" ", "_"),
      };
      vm.stopNext = true;
      vm.defer(() => {
        const wrong = side.reply(reply);
        if (wrong) vm.process.violate(`send_local_response on stream ${id}: ${wrong}`);
      });
      return Status.Ok;
    },
    proxy_http_call(
      ...[cluster, clusterSize, headers, headersSize, body, size, _trailers, _trailersSize, timeout, token]: [
        ...[number, number, number, number, number, number, number, number],
        ...[number, number],
      ]
    ) {
      const list = HeaderList.decode(vm.bytes(headers, headersSize));
      if (!list) vm.process.violate("http_call with a broken list of headers");
      const call = {
        ...{ root: here(vm).rootContext, cluster: vm.text(cluster, clusterSize), headers: list },
        ...{ body: vm.bytes(body, size), timeout: timeout >>> 0 },
      };
      const started = vm.options.callouts.start(call);
      if (started.status === Status.Ok) vm.putU32(token, started.token);
      return started.status;
    },
  };
}

/** One timer for each root; it is set again after each tick. */
function setTick(root: Context, period: number): void {
  root.timer?.cancel();
  root.period = period;
  if (period === 0) return;
  root.timer = root.vm.process.clock.after(period, () => {
    root.vm.call("proxy_on_tick", root);
    if (root.period === period && root.vm.failed === undefined && root.timer?.cancelled) setTick(root, period);
  });
}

function sharedCalls(vm: Vm): Record<string, Call> {
  const { vmId } = vm.options;
  return {
    proxy_get_shared_data(key: number, size: number, pointer: number, length: number, cas: number) {
      const found = vm.process.shared.get(vmId, vm.text(key, size));
      if (!found) return Status.NotFound;
      vm.give(found.value, pointer, length);
      vm.putU32(cas, found.cas);
      return Status.Ok;
    },
    proxy_set_shared_data(key: number, size: number, value: number, length: number, cas: number) {
      return vm.process.shared.set(vmId, vm.text(key, size), vm.bytes(value, length), cas >>> 0);
    },
  };
}

function metricCalls(vm: Vm): Record<string, Call> {
  const metric = (id: number) => vm.process.metrics.find(id) ?? vm.process.violate(`no metric has the id ${id}`);
  return {
    proxy_define_metric(type: number, name: number, size: number, id: number) {
      if (type < 0 || type > 2) vm.process.violate(`metric type ${type}`);
      vm.putU32(id, vm.process.metrics.define(type, vm.text(name, size)));
      return Status.Ok;
    },
    proxy_increment_metric(id: number, by: bigint) {
      const m = metric(id);
      if (m.type === 0 && by <= 0n) vm.process.violate(`counter ${m.name} incremented by ${by}`);
      m.value += by;
      return Status.Ok;
    },
    proxy_record_metric(id: number, value: bigint) {
      const m = metric(id);
      m.value = m.type === 0 ? m.value + value : value;
      return Status.Ok;
    },
    proxy_get_metric(id: number, at: number) {
      vm.putU64(at, metric(id).value);
      return Status.Ok;
    },
  };
}
