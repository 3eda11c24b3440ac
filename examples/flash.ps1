<#
.SYNOPSIS
  Takes a manifest to the line: board after board, the next image goes onto the board at the port,
  and a log says which image went into which MAC.

.EXAMPLE
  .\examples\flash.ps1 -Manifest out\manifest-Dev.csv -Offset 0x9000 -Port COM3

.DESCRIPTION
  The same as flash.sh, for PowerShell 5.1 or later. The image itself is never written with
  --encrypt: an NVS partition is encrypted by NVS or plain. A board that failed after its key was
  burned gets the same image, and no second key, when it is connected again.

.PARAMETER Manifest
  manifest-<prefix>.csv; its paths are relative to its own folder.
.PARAMETER Offset
  Offset of the NVS partition.
.PARAMETER Port
  Serial port.
.PARAMETER Log
  The record, appended (default: flashed.csv beside the manifest).
.PARAMETER EsptoolVersion
  4 or 5 (default: asked from "esptool version").
.PARAMETER KeysOffset
  Flash encryption scheme: offset of the nvs_keys partition.
.PARAMETER Encrypt
  Flash encryption is enabled in the eFuses: the key partition is written with --encrypt. Without it
  the bootloader encrypts it on the first boot.
.PARAMETER CommonKeys
  One key partition for all boards (batches made with --inputkey).
.PARAMETER Block
  HMAC scheme: BLOCK_KEY0 to BLOCK_KEY5, number CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID of the firmware.
  Burning cannot be undone.
.PARAMETER CommonHmacKey
  One HMAC key for all boards (batches made with --kp_hmac_inputkey).
.PARAMETER Single
  One board, at once, without waiting for Enter.
.PARAMETER DryRun
  Check the hashes and print the commands for all images that are left.
#>
[CmdletBinding()]
param(
  [Parameter(Mandatory)] [string] $Manifest,
  [Parameter(Mandatory)] [string] $Offset,
  [Parameter(Mandatory)] [string] $Port,
  [string] $Log,
  [ValidateSet('4', '5')] [string] $EsptoolVersion,
  [string] $KeysOffset,
  [switch] $Encrypt,
  [string] $CommonKeys,
  [ValidatePattern('^BLOCK_KEY[0-5]$')] [string] $Block,
  [string] $CommonHmacKey,
  [switch] $Single,
  [switch] $DryRun
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

if ($Block -and $KeysOffset) { throw '-Block and -KeysOffset belong to different schemes; give one' }
$outdir = Split-Path -Parent (Resolve-Path -LiteralPath $Manifest).Path
if (-not $Log) { $Log = Join-Path $outdir 'flashed.csv' }

# Version 5 has other command names; its programs have no ".py".
function Find-Program([string[]] $Names) {
  foreach ($name in $Names) {
    if (Get-Command $name -CommandType Application -ErrorAction SilentlyContinue) { return $name }
  }
  return $Names[0]
}
if (-not $EsptoolVersion) {
  $asked = & (Find-Program 'esptool', 'esptool.py') version
  $EsptoolVersion = @($asked | ForEach-Object { if ("$_" -match '^(\d+)\.') { $Matches[1] } })[-1]
}
switch ($EsptoolVersion) {
  '4' {
    $esptool = Find-Program 'esptool.py', 'esptool'
    $espefuse = Find-Program 'espefuse.py', 'espefuse'
    $writeFlash, $readMac, $noReset, $burnKey = 'write_flash', 'read_mac', 'no_reset', 'burn_key'
  }
  '5' {
    $esptool = Find-Program 'esptool', 'esptool.py'
    $espefuse = Find-Program 'espefuse', 'espefuse.py'
    $writeFlash, $readMac, $noReset, $burnKey = 'write-flash', 'read-mac', 'no-reset', 'burn-key'
  }
  default { throw "esptool version $EsptoolVersion is unknown; this script knows 4 and 5" }
}

# The last row of an image holds; a torn or damaged line has no hash or no encryption where one belongs.
$encryptions = 'none', 'given', 'own', 'hmac-given', 'hmac-own'
$lastRows = [ordered] @{}
foreach ($row in Import-Csv -LiteralPath $Manifest -Encoding UTF8) {
  if ($row.image_sha256 -cmatch '^[0-9a-f]{64}$' -and $encryptions -ccontains $row.encryption) {
    $lastRows[$row.image] = $row
  }
}
$rows = @($lastRows.Values | Sort-Object { [int64] $_.row })
if ($rows.Count -eq 0) { throw "`"$Manifest`" has no rows" }

function Read-Log {
  if (Test-Path -LiteralPath $Log) { @(Import-Csv -LiteralPath $Log -Encoding UTF8) } else { @() }
}

function Add-ToLog([string] $Mac, $Row, [string] $Step) {
  [pscustomobject] @{
    time = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
    mac = $Mac
    file_id = $Row.file_id
    image = $Row.image
    image_sha256 = $Row.image_sha256
    step = $Step
  } | Export-Csv -LiteralPath $Log -Append -NoTypeInformation -Encoding UTF8
}

function Get-FullPath([string] $Path) {
  if ([IO.Path]::IsPathRooted($Path)) { $Path } else { Join-Path $outdir $Path }
}

function Assert-Hash([string] $Path, [string] $Sha256) {
  if ((Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash -ne $Sha256) {
    throw "`"$Path`" is not what the manifest says: its SHA-256 differs"
  }
}

# Runs a command, or prints it.
function Invoke-Tool([string[]] $Command) {
  if ($DryRun) {
    ($Command | ForEach-Object { if ($_ -match '^[\w.:/\\-]+$') { $_ } else { "'$_'" } }) -join ' '
    return
  }
  $program, $arguments = $Command
  & $program @arguments | Out-Host
  if ($LASTEXITCODE -ne 0) { throw "$program ended with status $LASTEXITCODE" }
}

# Checks the files of a row, and says which keys go where.
function Get-Keys($Row) {
  Assert-Hash (Get-FullPath $Row.image) $Row.image_sha256
  $keys = @{ Partition = ''; Hmac = '' }
  if ($Block) {
    $keys.Hmac = $CommonHmacKey
    if (-not $CommonHmacKey) {
      if (-not $Row.hmac_key) { throw "$($Row.image) has no HMAC key of its own; give -CommonHmacKey" }
      $keys.Hmac = Get-FullPath $Row.hmac_key
    }
    if ($Row.hmac_key_sha256) { Assert-Hash $keys.Hmac $Row.hmac_key_sha256 }
  } elseif ($KeysOffset) {
    $keys.Partition = $CommonKeys
    if (-not $CommonKeys) {
      if (-not $Row.keys) { throw "$($Row.image) has no key partition of its own; give -CommonKeys" }
      if ($Row.hmac_key) { throw "$($Row.image) is of the HMAC scheme; give -Block" }
      $keys.Partition = Get-FullPath $Row.keys
    }
    if ($Row.keys_sha256) { Assert-Hash $keys.Partition $Row.keys_sha256 }
  } else {
    switch ($Row.encryption) {
      'given' { throw "$($Row.image) is encrypted: give -KeysOffset and -CommonKeys" }
      'own' { throw "$($Row.image) is encrypted: give -KeysOffset" }
      'hmac-given' { throw "$($Row.image) is encrypted: give -Block and -CommonHmacKey, or -KeysOffset" }
      'hmac-own' { throw "$($Row.image) is encrypted: give -Block, the eFuse block for its HMAC key" }
    }
  }
  return $keys
}

# Writes all of one board. The chip stays in its bootloader until everything is there: the firmware
# must not start before, or it would make keys of its own.
function Write-Board([string] $Mac, $Row, [bool] $IsKeyBurned) {
  $keys = Get-Keys $Row
  if ($keys.Hmac -and -not $IsKeyBurned) {
    Invoke-Tool $espefuse, '--port', $Port, '--do-not-confirm', $burnKey, $Block, $keys.Hmac, 'HMAC_UP'
    if (-not $DryRun) { Add-ToLog $Mac $Row 'hmac-key' }
  }
  if ($keys.Partition) {
    $write = @($esptool, '--port', $Port, '--after', $noReset, $writeFlash)
    if ($Encrypt) { $write += '--encrypt' }
    Invoke-Tool ($write + @($KeysOffset, $keys.Partition))
  }
  Invoke-Tool $esptool, '--port', $Port, $writeFlash, $Offset, (Get-FullPath $Row.image)
  if (-not $DryRun) { Add-ToLog $Mac $Row 'done' }
}

if ($DryRun) {
  $used = @(Read-Log | ForEach-Object { $_.image })
  foreach ($row in $rows) { if ($used -notcontains $row.image) { Write-Board '' $row $false } }
  return
}

while ($true) {
  $entries = @(Read-Log)
  if (-not $Single) {
    $answer = Read-Host 'Connect a board and press Enter, or q and Enter to stop'
    if ($answer -eq 'q') { break }
  }
  try {
    # Chips with 802.15.4 have an EUI-64 too; the base MAC is the one that stays.
    $answers = @(& $esptool --port $Port --after $noReset $readMac)
    $mac = @('^BASE MAC:\s*(\S+)', '^MAC:\s*(\S+)' | ForEach-Object {
        $pattern = $_
        $answers | ForEach-Object { if ("$_" -match $pattern) { $Matches[1] } }
      })[0]
    if (-not $mac) { throw "no board answers on $Port" }
    $own = @($entries | Where-Object { $_.mac -eq $mac })
    $finished = @($own | Where-Object { $_.step -eq 'done' })
    if ($finished) { throw "$mac has its image already: $($finished[-1].image)" }
    $burned = @($own | Where-Object { $_.step -eq 'hmac-key' })
    if ($burned) {
      $row = $rows | Where-Object { $_.image -eq $burned[-1].image }
      if (-not $row) { throw "$mac has the key of $($burned[-1].image), which is not in the manifest" }
    } else {
      $used = @($entries | ForEach-Object { $_.image })
      $row = $rows | Where-Object { $used -notcontains $_.image } | Select-Object -First 1
      if (-not $row) { throw "no image is left for $mac" }
    }
    Write-Board $mac $row ([bool] $burned)
    Write-Host "$mac`: $($row.file_id) ($($row.image))"
  } catch {
    if ($Single) { throw }
    Write-Warning "$_"
  }
  if ($Single) { break }
}
