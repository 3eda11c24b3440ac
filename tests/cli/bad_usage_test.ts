/** Bad input: command lines. */

import { type BadInput, GENERATE, testBadInputs, USAGE } from "./bad_inputs.ts";

function usage(args: readonly string[], ...says: string[]): BadInput {
  return { name: `mfg_gen ${args.map((arg) => arg || '""').join(" ")}`, args, exit: USAGE, says };
}

function option(options: readonly string[], ...says: string[]): BadInput {
  return {
    name: `generate … ${options.map((arg) => arg || '""').join(" ")}`,
    options,
    exit: USAGE,
    says: [...says, "Try: mfg_gen generate --help"],
  };
}

function size(text: string, ...says: string[]): BadInput {
  return usage(["generate", "conf.csv", "values.csv", "Dev", text], ...says);
}

function prefix(text: string, says: string): BadInput {
  return {
    name: `prefix ${JSON.stringify(text.slice(0, 20))}`,
    args: ["generate", "conf.csv", "values.csv", text, "0x3000", "--outdir", "out"],
    exit: USAGE,
    says: [says],
  };
}

testBadInputs("command lines are refused", [
  usage([], "no command is given", "Try: mfg_gen --help"),
  usage(["generat"], 'command "generat" is unknown; did you mean generate?'),
  usage(["Generate"], 'command "Generate" is unknown; did you mean generate?'),
  usage(["generate-keys"], 'command "generate-keys" is unknown; did you mean generate-key?'),
  usage(["frobnicate"], 'command "frobnicate" is unknown; there are generate, generate-key'),
  usage(["--outdir", "out"], 'command "--outdir" is unknown'),
  usage(["-x"], 'command "-x" is unknown'),
  usage(["help", "generat"], 'command "generat" is unknown; did you mean generate?'),
  usage(["version", "extra"], 'argument "extra" is one too many; version takes none'),
  usage(
    ["generate"],
    "missing: conf (",
    "values (",
    "prefix (",
    "size (",
    "mfg_gen generate --help",
  ),
  usage(GENERATE.slice(0, 4), "missing: size (bytes of the partition"),
  usage(["generate-key", "extra"], 'argument "extra" is one too many; generate-key takes none'),
  option(["extra"], 'argument "extra" is one too many; generate takes conf values prefix size'),
  option(["--", "--keygen"], 'argument "--keygen" is one too many'),
  option(["--keygn"], "option --keygn is unknown; did you mean --keygen?"),
  option(["--prefix_nun", "1", "2"], "option --prefix_nun is unknown; did you mean --prefix_num?"),
  option(["--prefix"], "option --prefix is unknown; did you mean --prefix_num?"),
  option(["--KEYGEN"], "option --KEYGEN is unknown; did you mean --keygen?"),
  option(["--file-id", "k"], "option --file-id is unknown; did you mean --fileid?"),
  option(["--nothing-like-it"], "option --nothing-like-it is unknown"),
  option(["-k"], "option -k is unknown"),
  option(["-keygen"], "option -keygen is unknown; did you mean --keygen?"),
  option(["--keygen", "--keygen"], "--keygen is given twice"),
  option(["--no-csv", "--no_csv"], "--no-csv is given twice"),
  option(["--outdir", "other"], "--outdir is given twice"),
  option(["--keygen=yes"], "--keygen takes no value"),
  option(["--fileid"], "--fileid needs KEY; write --fileid KEY"),
  option(["--fileid="], "--fileid needs KEY"),
  option(["--fileid", "--keygen"], "--fileid needs KEY"),
  option(["--inputkey", ""], "--inputkey needs FILE"),
  option(["--prefix_num", "1"], "--prefix_num needs START and LENGTH"),
  option(["--prefix_num", "1", "--keygen"], "--prefix_num needs START and LENGTH"),
  option(["--prefix_num", "-1", "4"], '--prefix_num START "-1" is not a number'),
  option(["--prefix_num", "one", "4"], '--prefix_num START "one" is not a number'),
  option(["--prefix_num", "1.5", "4"], '--prefix_num START "1.5" is not a number'),
  option(["--prefix_num", "1", "-4"], '--prefix_num LENGTH "-4" is not a number of digits'),
  option(["--prefix_num", "1", "four"], '--prefix_num LENGTH "four" is not a number of digits'),
  option(["--prefix_num", "1", "16"], '--prefix_num LENGTH "16" is not a number of digits'),
  option(["--version", "3"], "--version 3 is unknown; it takes 1 or 2"),
  option(["--version", "v2"], "--version v2 is unknown"),
  option(["--version", "02"], "--version 02 is unknown"),
  option(["--version"], "--version needs {1,2}"),
  size("", "size is empty; give it a value"),
  size("12k", 'size "12k" is not a number; did you mean 0x3000 (12288)?'),
  size("12K", 'size "12K" is not a number; did you mean 0x3000 (12288)?'),
  size("12KB", 'size "12KB" is not a number; did you mean 0x3000 (12288)?'),
  size("16 KiB", 'size "16 KiB" is not a number; did you mean 0x4000 (16384)?'),
  size("1M", 'size "1M" is not a number; did you mean 0x100000 (1048576)?'),
  size("13K", 'size "13K" is not a number; it says 13312 bytes', "near it are 0x3000 (12288) and"),
  size("999999M", 'size "999999M" is not a number; write bytes, like 0x3000 or 12288'),
  size("0x3000h", 'size "0x3000h" is not a number; did you mean 0x3000 (12288)?'),
  size("3000h", 'size "3000h" is not a number; did you mean 0x3000 (12288)?'),
  size("A000", 'size "A000" is not a number; did you mean 0xa000 (40960)?'),
  size("0x", 'size "0x" is not a number; write bytes, like 0x3000 or 12288'),
  size("0x3000.0", 'size "0x3000.0" is not a number; write bytes'),
  size("12288.0", 'size "12288.0" is not a number; did you mean 0x3000 (12288)?'),
  size("12,288", 'size "12,288" is not a number; did you mean 0x3000 (12288)?'),
  size("1e4", 'size "1e4" is not a number; write bytes'),
  size(
    "0",
    "size 0 is not a multiple of 4096 (0x1000); near it is 0x3000 (12288), the least that a " +
      "device can write to",
  ),
  size("0x0", "size 0x0 is not a multiple of 4096"),
  size(
    "4095",
    "size 4095 is not a multiple of 4096 (0x1000); near it is 0x3000 (12288), the least",
  ),
  size(
    "4097",
    "size 4097 is not a multiple of 4096 (0x1000); near it is 0x3000 (12288), the least",
  ),
  size("9001", "near it are 0x2000 (8192, read-only) and 0x3000 (12288)"),
  size(
    "0x3001",
    "size 0x3001 is not a multiple of 4096 (0x1000); near it are 0x3000 (12288) and 0x4000 (16384)",
  ),
  size(
    "3000",
    "size 3000 is not a multiple of 4096 (0x1000); did you mean 0x3000 (12288)?\nTry:",
  ),
  size(
    "12000",
    "did you mean 0x12000 (73728)? near 12000 are 0x2000 (8192, read-only) and 0x3000 (12288)",
  ),
  size(
    "1000",
    "did you mean 0x1000 (4096, read-only)? 0x3000 (12288) is the least that a device can write to",
  ),
  usage(
    ["generate", "conf.csv", "values.csv", "0x3000", "Dev"],
    'prefix "0x3000" is a size and size "Dev" is not a number',
    "the prefix stands in front of the size: Dev 0x3000",
  ),
  usage(["generate", "conf.csv", "values.csv", "Dev", "Lot"], 'size "Lot" is not a number; write'),
  usage(["image", "nvs.csv", "nvs.bin", "3000"], "did you mean 0x3000 (12288)?"),
  usage(
    ["edit", "nvs.bin", "new.bin", "--set", "n:k:u8=1", "--size", "12K"],
    "did you mean 0x3000 (12288)?",
  ),
  size("-12288", "-12288"),
  size("99999999999999999999", "size 99999999999999999999 is larger than any ESP32's flash"),
  size("0x3000000000", "size 0x3000000000 is larger than any ESP32's flash"),
  size("0x8001000", "size 0x8001000 is larger than any ESP32's flash"),
  prefix("", "prefix is empty; give it a value"),
  usage(["generate", "", "values.csv", "Dev", "0x3000"], "conf is empty; give it a value"),
  usage(["inspect", ""], "image is empty; give it a value"),
  usage(["image", "a.csv", "", "out.bin", "0x3000"], "in is empty; give it a value"),
  prefix("a/b", 'prefix "a/b" holds "/"'),
  prefix("..", 'prefix ".." holds ".."'),
  prefix("a\\b", 'prefix "a\\b" holds "/" or "\\"'),
  prefix("a\nb", "holds a control character or line break"),
  prefix(" Dev", 'prefix " Dev" begins with a space'),
]);
