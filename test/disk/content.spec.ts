import * as content from "../../assembly/disk/content";

const TO: usize = memory.data(64, 16);

describe("content", () => {
  test("without_an_image_every_offset_lies_outside_and_the_host_is_not_asked", () => {
    content.setSize(0);
    expect(content.size()).toBe(0);
    store<u8>(TO, 0xa5);
    expect(content.read(0, TO, 1)).toBe(-5);
    expect(load<u8>(TO)).toBe(0xa5);
  });
  test("with_one_the_hosts_answer_is_told", () => {
    content.setSize(1000);
    expect(content.size()).toBe(1000);
    expect(content.read(2000, TO, 1)).toBe(-5);   // the tests' host has no image (as-pect.config.js)
    content.setSize(0);
  });
});
