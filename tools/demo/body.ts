// An HTTP answer as it comes: its head, and a hash of its body.

import { createHash, type Hash } from "node:crypto";

export class Body {
  /** Bytes of the head; 0 until it is complete. */
  head = 0;
  status = "";
  received = 0;
  private text: Buffer = Buffer.alloc(0);
  private readonly hash: Hash = createHash("sha256");

  push(b: Buffer): void {
    if (this.head === 0) {
      this.text = Buffer.concat([this.text, b]);
      const end = this.text.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = end + 4;
      this.status = this.text.toString("latin1", 0, this.text.indexOf("\r\n"));
      b = this.text.subarray(this.head);
    }
    this.received += b.length;
    this.hash.update(b);
  }

  /** Of what came so far. */
  sha256(): string { return this.received ? this.hash.copy().digest("hex") : ""; }
}
