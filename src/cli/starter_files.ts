/**
 * What `init` writes. People open these files with a spreadsheet, which may
 * save every row with the same number of cells, and quotes around some: so the
 * comments hold no comma and no quote, and no value looks like a number or a date
 * that a spreadsheet would write in its own way.
 *
 * @module
 */

const CONFIGURATION = `# Which keys each device gets. Lines that begin with # say what a line means.
# A namespace; the keys below it belong to it.
device,namespace,
# A text. Its column in values.csv has the same name and a cell for each device.
serial,data,string
# Bytes: two hex digits for each.
mac,data,hex2bin
# A whole number from 0 to 255. Larger ones are u16 u32 u64; with a sign they are i8 i16 i32 i64.
hw_rev,data,u8
# Another namespace.
cloud,namespace,
# REPEAT: the first device's value holds for all and the cells below it are empty.
server,data,string,REPEAT
`;

const VALUES = `serial,mac,hw_rev,server
SN-0001,0200c0a80001,1,mqtts://factory.example.com
SN-0002,0200c0a80002,1,
SN-0003,0200c0a80003,2,
`;

/** The command that makes the images, from the folder of the files. */
export const STARTER_COMMAND =
  "mfg_gen generate conf.csv values.csv Dev 0x3000 --fileid serial --outdir out";

const README =
  `conf.csv has the keys of a device, values.csv a row for each device: put in your own.
Make the images: ${STARTER_COMMAND}
Compare them with the CSVs: ${STARTER_COMMAND.replace("generate", "verify")}
`;

/** The files by their names, in the order in which they are written. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  "conf.csv": CONFIGURATION,
  "values.csv": VALUES,
  "README.txt": README,
};
