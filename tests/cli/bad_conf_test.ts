/** Bad input: configurations. */

import { type BadInput, REJECTED, testBadInputs } from "./bad_inputs.ts";

/** A configuration with namespace `n` whose second line is `line`; its fault is in that line. */
function badLine(name: string, line: string, column: number, ...says: string[]): BadInput {
  return {
    name,
    conf: `n,namespace,\n${line}\n`,
    says: says.map((part, index) => index === 0 ? `conf.csv:2:${column}: ${part}` : part),
  };
}

const manyNamespaces = Array.from({ length: 255 }, (_, index) => `n${index},namespace,\n`).join("");

testBadInputs("configurations are refused", [
  {
    name: "a header line",
    conf: "key,type,encoding\nn,namespace,\nk,data,u8\n",
    says: ['conf.csv:1:1: key "key": is a header; a configuration has none'],
    problems: 1,
  },
  {
    name: "a header line behind a BOM, with CRLF",
    conf: "\uFEFFkey,type,encoding,repeat\r\nn,namespace,\r\nk,data,u8\r\n",
    says: ['conf.csv:1:1: key "key": is a header'],
    problems: 1,
  },
  {
    name: "a key before the first namespace",
    conf: "k,data,u8\n",
    says: ['conf.csv:1:1: key "k": stands before the first namespace'],
    problems: 1,
  },
  {
    name: "a key before the first namespace, below comments",
    conf: "# one\n\n# two\nk,data,u8\nn,namespace,\nj,data,u8\n",
    values: "k,j\n1,1\n",
    says: ['conf.csv:4:1: key "k": stands before the first namespace'],
    problems: 1,
  },
  badLine(
    "a key of 16 bytes",
    "sixteen_bytes_ab,data,u8",
    1,
    'key "sixteen_bytes_ab": is 16 bytes long',
  ),
  badLine(
    "a key of 15 characters and 16 bytes",
    "fifteen_chars_é,data,u8",
    1,
    'key "fifteen_chars_é": is 16 bytes long (15 characters); NVS takes at most 15 bytes',
  ),
  badLine("an empty key", ",data,u8", 1, 'key "": is empty'),
  badLine("a key that begins with #, in quotes", '"#k",data,u8', 1, 'key "#k": begins with "#"'),
  badLine("a key with a NUL", "a\0b,data,u8", 1, 'key "a\\x00b": holds a NUL'),
  {
    name: "a namespace of 16 bytes",
    conf: "sixteen_bytes_ab,namespace,\nk,data,u8\n",
    says: ['conf.csv:1:1: key "sixteen_bytes_ab": the namespace\'s name is 16 bytes long'],
    problems: 1,
  },
  {
    name: "an empty namespace",
    conf: ",namespace,\nk,data,u8\n",
    says: ['conf.csv:1:1: key "": the namespace\'s name is empty'],
  },
  {
    name: "a namespace that begins with #, in quotes",
    conf: '"#n",namespace,\nk,data,u8\n',
    says: ['conf.csv:1:1: key "#n": the namespace\'s name begins with "#"'],
  },
  {
    name: "255 namespaces",
    conf: `${manyNamespaces}k,data,u8\n`,
    says: ["conf.csv: has 255 namespaces; a partition holds at most 254"],
    problems: 1,
  },
  {
    name: "the same key twice in a namespace",
    conf: "n,namespace,\nk,data,u8\nj,data,u8\nk,data,string\n",
    values: "k,j,k\n1,2,3\n",
    says: ['conf.csv:4:1: key "k": occurs twice in namespace "n" (first in line 2)'],
    problems: 1,
  },
  {
    name: "the same key twice in a namespace that is opened twice",
    conf: "a,namespace,\nk,data,u8\nb,namespace,\nk,data,u8\na,namespace,\nk,data,u8\n",
    values: "k,k,k\n1,2,3\n",
    says: ['conf.csv:6:1: key "k": occurs twice in namespace "a" (first in line 2)'],
    problems: 1,
  },
  badLine("one cell", "k", 1, 'key "k": has 1 cell; write "key,type,encoding"'),
  badLine("two cells", "k,data", 2, 'key "k": has 2 cells'),
  badLine("a fifth cell", "k,data,u8,REPEAT,x", 5, 'key "k": has 5 cells'),
  badLine("an unknown type", "k,blob,u8", 2, 'key "k": type "blob" is unknown', '"data", "file"'),
  badLine("a type in capitals", "k,DATA,u8", 2, 'key "k": type "DATA" is unknown; write "data"'),
  badLine("a type with a space", "k, data,u8", 2, 'key "k": type " data" is unknown; write "data"'),
  badLine("Namespace with a capital", "m,Namespace,", 2, 'key "m": type "Namespace" is unknown'),
  badLine("an empty type", "k,,u8", 2, 'key "k": type "" is unknown'),
  badLine(
    "an unknown encoding",
    "k,data,float16",
    3,
    'key "k": encoding "float16" is unknown',
    "hex2bin",
  ),
  badLine(
    "an encoding in capitals",
    "k,data,U8",
    3,
    'key "k": encoding "U8" is unknown; write "u8"',
  ),
  badLine(
    "a text encoding with a capital",
    "k,data,String",
    3,
    'key "k": encoding "String" is unknown; write "string"',
  ),
  badLine(
    "an encoding with a space",
    "k,data,u8 ",
    3,
    'key "k": encoding "u8 " is unknown; write "u8"',
  ),
  badLine("an empty encoding", "k,data,", 3, 'key "k": encoding "" is unknown'),
  badLine(
    "an encoding named like a property",
    "k,data,constructor",
    3,
    'key "k": encoding "constructor"',
  ),
  badLine(
    "blob_fill without brackets",
    "k,data,blob_fill",
    3,
    'key "k": encoding "blob_fill"',
    "blob_fill(16;0xFF)",
  ),
  badLine(
    "blob_fill without a filler",
    "k,data,blob_fill(4)",
    3,
    'key "k": encoding "blob_fill(4)"',
  ),
  badLine(
    "blob_fill with a comma, in quotes",
    'k,data,"blob_fill(4,0xFF)"',
    3,
    'key "k": encoding',
  ),
  badLine(
    "blob_sz_fill with a filler of three digits",
    "k,data,blob_sz_fill(4;0x123)",
    3,
    'key "k": encoding',
  ),
  badLine(
    "blob_fill in capitals",
    "k,data,BLOB_FILL(4;0xFF)",
    3,
    'key "k": encoding "BLOB_FILL(4;0xFF)"',
  ),
  {
    name: "blob_fill of a gigabyte",
    conf: "n,namespace,\nk,data,blob_fill(999999999;0xFF)\n",
    says: ['conf.csv:2:3: key "k":', "508000"],
    problems: 1,
  },
  {
    name: "blob_sz_fill that is above the limit with its size",
    conf: "n,namespace,\nk,data,blob_sz_fill(507997;0xFF)\n",
    says: ['conf.csv:2:3: key "k":', "508000"],
    problems: 1,
  },
  badLine("a file of a number", "k,file,u8", 3, 'key "k": a file cannot hold u8'),
  badLine(
    "repeat in small letters",
    "k,data,u8,repeat",
    4,
    'key "k": "repeat" is unknown; write "REPEAT"',
  ),
  badLine(
    "another fourth cell",
    "k,data,u8,YES",
    4,
    'key "k": "YES" is unknown; write "REPEAT" or nothing',
  ),
  {
    name: "REPEAT behind a namespace",
    conf: "n,namespace,,REPEAT\nk,data,u8\n",
    says: ['conf.csv:1:4: key "n": a namespace row has nothing behind "namespace"'],
    problems: 1,
  },
  {
    name: "a quote that is never closed",
    conf: 'n,namespace,\n"k,data,u8\nj,data,u8\n',
    says: ["conf.csv:2:1: the quote is never closed"],
  },
  {
    name: "text behind a closing quote",
    conf: 'n,namespace,\n"k"x,data,u8\n',
    says: ["conf.csv:2:1: text follows the closing quote"],
  },
  {
    name: "a Wi-Fi station companion of its own",
    conf: "n,namespace,\nsta.ssid,data,string\nsta.pmk,data,hex2bin\n",
    values: "sta.ssid,sta.pmk\nnet,00\n",
    says: ['conf.csv:3:1: key "sta.pmk": is written by itself with "sta.ssid"'],
    problems: 1,
  },
  {
    name: "a Wi-Fi access point companion of its own",
    conf: "n,namespace,\nap.ssid,data,string\nap.passwd,data,string\nap.authmode,data,u8\n" +
      "ap.pmk_info,data,hex2bin\n",
    values: "ap.ssid,ap.passwd,ap.authmode,ap.pmk_info\nnet,password,3,00\n",
    says: ['conf.csv:5:1: key "ap.pmk_info": is written by itself'],
    problems: 1,
  },
  {
    name: "CR alone ends lines: the line number counts them",
    conf: "n,namespace,\r# c\r\rk,data,U8\r",
    says: ['conf.csv:4:3: key "k": encoding "U8" is unknown'],
    problems: 1,
  },
  {
    name: "all faults of a row and of all rows",
    conf: "n,namespace,\n" +
      "sixteen_bytes_ab,DATA,U8,repeat\n" +
      "# comment\n" +
      ",file,i8\n" +
      "k,data,u9\n",
    exit: REJECTED,
    says: [
      'conf.csv:2:1: key "sixteen_bytes_ab": is 16 bytes long',
      'conf.csv:2:2: key "sixteen_bytes_ab": type "DATA"',
      'conf.csv:2:3: key "sixteen_bytes_ab": encoding "U8"',
      'conf.csv:2:4: key "sixteen_bytes_ab": "repeat"',
      'conf.csv:4:1: key "": is empty',
      'conf.csv:4:3: key "": a file cannot hold i8',
      'conf.csv:5:3: key "k": encoding "u9"',
    ],
  },
]);
