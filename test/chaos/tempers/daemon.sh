#!/bin/sh
# A daemon as of old: forked twice, deaf to what hangs up. FOLDER WORKER RUN, its arguments, say whose it is.
trap '' HUP
(while :; do sleep 100; done) &
