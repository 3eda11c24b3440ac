/**
 * The batch that is measured: 11 keys of most encodings in two namespaces.
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
  await Deno.writeTextFile(inputs.values, `${lines.join("\n")}\n`);
  return inputs;
}
