import { compile } from "./asc.ts";
try { await compile({ entry: "boards/tmpft/main.ts", out: "build/tmp.wasm", memoryKiB: 262144, replace: { "assembly/core/sizes.ts": "boards/linux-host/sizes.ts", "assembly/tcp/tcp.ts": "../../tmp/t/tcpstub.ts", "assembly/service/dispatch.ts": "../../tmp/t/dispstub.ts" } }); console.log("ok"); } catch (e) { console.log(String(e).slice(0, 8000)); }
