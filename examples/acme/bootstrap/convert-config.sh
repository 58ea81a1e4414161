#!/bin/sh
# Writes the configuration of 2.0 beside the one of 1.x.
set -eu
config=${ACME_CONFIG:-/etc/acme/agent.toml}
[ -f "$config" ] || { echo "configuration: none at $config, nothing to convert"; exit 0; }
cp -p "$config" "$config.v1"
{ echo 'version = 2'; cat "$config.v1"; } >"$config"
echo "configuration: version 2"
