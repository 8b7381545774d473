/** Records in this VM's own memory, for a worker that is alone. */
import { Bytes } from "../bytes/bytes";
import { RECORD } from "./record";
import { ABSENT, Store } from "./store";

class Slot {
  private readonly room: StaticArray<u8> = new StaticArray<u8>(<i32>RECORD);
  len: usize = 0;
  version: u32 = 0;
  constructor(readonly key: Bytes) {}

  get at(): usize {
    return changetype<usize>(this.room);
  }
}

export class OwnStore extends Store {
  private slots: Slot[] = [];
  private moves: u64 = 1;

  read(key: Bytes): bool {
    const slot = this.slotOf(key);
    if (slot === null) return false;
    this.ptr = slot.at;
    this.len = slot.len;
    this.version = slot.version;
    return true;
  }

  write(key: Bytes, ptr: usize, len: usize, version: u32): bool {
    let slot = this.slotOf(key);
    if ((slot === null ? ABSENT : slot.version) != version) return false;
    if (slot === null) {
      slot = new Slot(key);
      this.slots.push(slot);
    }
    memory.copy(slot.at, ptr, len);
    slot.len = len;
    slot.version++;
    return true;
  }

  generation(): u64 {
    return this.moves;
  }

  advance(): void {
    this.moves++;
  }

  private slotOf(key: Bytes): Slot | null {
    for (let i = 0, k = this.slots.length; i < k; i++)
      if (this.slots[i].key.equals(key.ptr, key.len)) return this.slots[i];
    return null;
  }
}
