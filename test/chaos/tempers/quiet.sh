#!/bin/sh
# Runs for ever, without a word.
while :; do sleep 1000; done
