<#
.SYNOPSIS
  Takes a plan of "mfg_gen flash-plan" to the line: board after board, the next device of the plan
  goes onto the board at the port, and a log says which device went into which MAC.
.EXAMPLE
  .\examples\station.ps1 -Plan plan -Port COM3
.DESCRIPTION
  The same as station.sh, for PowerShell 5.1 or later. The log is station.csv in the plan's folder: a
  board has its device from step 0 on, so one that failed goes on with the same device and key.
.PARAMETER Confirmed
  Burn eFuses without asking for the word BURN: for a line that was tried out before.
.PARAMETER Single
  One board, at once, without waiting for Enter.
#>
[CmdletBinding()]
param(
  [Parameter(Mandatory)] [string] $Plan,
  [Parameter(Mandatory)] [string] $Port,
  [switch] $Confirmed,
  [switch] $Single
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$env:PYTHONUTF8 = '1' # paths in the files of the plan are UTF-8
Set-Location -LiteralPath $Plan
$log = 'station.csv'
$steps = @(Import-Csv -LiteralPath 'plan.csv' -Encoding UTF8)

function Get-Name([string] $File) { $File -replace '\.(espefuse|esptool)\.args$', '' }

function Add-ToLog([string] $Mac, [string] $Step, [string] $File) {
  $time = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
  [pscustomobject] @{ time = $time; mac = $Mac; step = $Step; file = $File } |
    Export-Csv -LiteralPath $log -Append -NoTypeInformation -Encoding UTF8
}

function Assert-Hash([string] $Path, [string] $Sha256) {
  if ((Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash -ne $Sha256) {
    throw "`"$Path`" is not that of the plan: its SHA-256 differs"
  }
}

function Invoke-Tool([string] $Program, [string[]] $Arguments) {
  & $Program @Arguments | Out-Host
  if ($LASTEXITCODE -ne 0) { throw "$Program ended with status $LASTEXITCODE" }
}

function Write-Board {
  $entries = @(if (Test-Path -LiteralPath $log) { Import-Csv -LiteralPath $log -Encoding UTF8 })
  # Chips with 802.15.4 have an EUI-64 too; the base MAC is the one that stays.
  $answers = @(& esptool --port $Port --after no-reset read-mac)
  $mac = @('^BASE MAC:\s*(\S+)', '^MAC:\s*(\S+)' | ForEach-Object {
      $pattern = $_
      $answers | ForEach-Object { if ("$_" -match $pattern) { $Matches[1] } }
    })[0]
  if (-not $mac) { throw "no board answers on $Port" }
  $taken = @($entries | Where-Object { $_.step -eq '0' })
  $name = @($taken | Where-Object { $_.mac -eq $mac } | ForEach-Object { $_.file })[-1]
  if (-not $name) {
    $used = @($taken | ForEach-Object { $_.file })
    $name = $steps | ForEach-Object { Get-Name $_.file } |
      Where-Object { $used -cnotcontains $_ } | Select-Object -First 1
    if (-not $name) { throw "no device is left for $mac" }
    Add-ToLog $mac '0' $name
  }
  foreach ($line in Get-Content -LiteralPath "$name.sha256" -Encoding UTF8) {
    Assert-Hash $line.Substring(66) $line.Substring(0, 64)
  }
  $done = @($entries | Where-Object { $_.mac -eq $mac -and $_.step -ne '0' } |
      ForEach-Object { $_.file })
  $left = @($steps | Where-Object { (Get-Name $_.file) -ceq $name -and $done -cnotcontains $_.file })
  if ($left.Count -eq 0) { throw "$mac has all of $name already" }
  foreach ($step in $left) {
    Assert-Hash $step.file $step.sha256
    $arguments = @('--port', $Port)
    if ($step.tool -eq 'espefuse' -and $Confirmed) { $arguments += '--do-not-confirm' }
    if ($step.tool -eq 'programmer') { throw "$($step.file) is for a programmer" }
    Invoke-Tool $step.tool ($arguments + "@$($step.file)")
    Add-ToLog $mac $step.step $step.file
  }
  Write-Host "$mac`: $name"
}

if ($Single) { Write-Board; return }
while ((Read-Host 'Connect a board and press Enter, or q and Enter to stop') -ne 'q') {
  try { Write-Board } catch { Write-Warning "$_; connect the board again to go on with it" }
}
