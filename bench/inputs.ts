/**
 * The batches that are measured: 11 keys of most encodings in two namespaces,
 * and the same with a certificate of its own for each device.
 *
 * @module
 */

import { join } from "@std/path";

const CONFIGURATION = `device,namespace,
serial,data,string
hw_rev,data,u8
calibration,data,i32
mac,data,hex2bin
token,data,base64
url,data,string,REPEAT
net,namespace,
ssid,data,string
password,data,string
port,data,u16,REPEAT
`;
const CERTIFICATE_BYTES = 1200;

/** Paths of a batch's inputs. */
export interface Inputs {
  configuration: string;
  values: string;
}

/** Writes configuration and values for so many devices into a folder. */
export async function writeInputs(folder: string, deviceCount: number): Promise<Inputs> {
  const inputs = {
    configuration: join(folder, "conf.csv"),
    values: join(folder, `values-${deviceCount}.csv`),
  };
  await Deno.writeTextFile(inputs.configuration, CONFIGURATION);
  await Deno.writeTextFile(inputs.values, valuesOf(deviceCount).join("\n") + "\n");
  return inputs;
}

/** The same with a file for each device, which a cell names. */
export async function writeInputsWithFiles(folder: string, deviceCount: number): Promise<Inputs> {
  const inputs = {
    configuration: join(folder, "conf-files.csv"),
    values: join(folder, `values-files-${deviceCount}.csv`),
  };
  await Deno.writeTextFile(inputs.configuration, `${CONFIGURATION}cert,file,binary\n`);
  const certificates = join(folder, "certificates");
  await Deno.mkdir(certificates, { recursive: true });
  const lines = valuesOf(deviceCount).map((line, number) => {
    if (number === 0) return `${line},cert`;
    const path = join(certificates, `${number}.der`);
    Deno.writeFileSync(path, certificateOf(number));
    return `${line},${path}`;
  });
  await Deno.writeTextFile(inputs.values, lines.join("\n") + "\n");
  return inputs;
}

function certificateOf(number: number): Uint8Array {
  const bytes = Uint8Array.from({ length: CERTIFICATE_BYTES }, (_, at) => at * 31 + number);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** Header and rows. */
function valuesOf(deviceCount: number): string[] {
  const lines = ["id,serial,hw_rev,calibration,mac,token,url,ssid,password,port"];
  for (let number = 1; number <= deviceCount; number++) {
    const isFirst = number === 1;
    lines.push([
      number,
      `SN-${String(number).padStart(8, "0")}`,
      3,
      -number,
      number.toString(16).padStart(12, "0"),
      btoa(`token of device ${number}`.padEnd(48, ".")),
      isFirst ? "https://example.com/factory" : "",
      `line-${number % 7}`,
      `pw-${number * 7919}`,
      isFirst ? 8883 : "",
    ].join(","));
  }
  return lines;
}
