// Each driver against QEMU's emulation of its chip; `hydranet nics` does the same with a million frames.

import { after, test } from "node:test";
import { CHIPS, forward, Images, pings, tcp } from "./nics.ts";

const images = new Images();
after(() => images.remove());

for (const chip of Object.keys(CHIPS)) {
  test(`${chip}: a redirector answers a flood of echo requests of every length`, async () => { await pings(images, chip, 300); });
  test(`${chip}: a redirector forwards on one NIC`, async () => { await forward(images, chip, 1, 500); });
  test(`${chip}: a redirector forwards between three NICs`, async () => { await forward(images, chip, 3, 1200); });
  test(`${chip}: TCP runs through a redirector in both directions at once`, async () => { await tcp(images, chip, 200_000); });
}
