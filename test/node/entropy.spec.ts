import * as block from "../core/block";
import * as entropy from "../../assembly/node/entropy";

function gathered(id: u32): u64 {
  expect(block.standard(id, 3, 3)).toBe(0);
  entropy.gather();
  return load<u64>(entropy.address()) ^ load<u64>(entropy.address(), 8);
}

describe("entropy", () => {
  test("without_any_from_the_host_nodes_still_differ_and_a_node_is_the_same_again", () => {
    const a = gathered(3), b = gathered(4);
    expect(a == b).toBeFalsy();
    expect(gathered(3) == a).toBeTruthy();
    expect(load<u64>(entropy.address()) == load<u64>(entropy.address(), 8)).toBeFalsy("both halves");
  });
});
