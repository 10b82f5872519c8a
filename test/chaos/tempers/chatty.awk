BEGIN {
  pad = "xxxxxxxxxx"
  while (length(pad) < 390) pad = pad pad
  pad = substr(pad, 1, 390)
  for (;;) {
    for (i = 0; i < lines; i++) print run, pid, ++number, pad
    fflush()
    print run, number >> ledger
    close(ledger)
    system("sleep 0.5")
  }
}
