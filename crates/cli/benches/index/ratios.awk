# The lines that `run` has kept, as tables of ratios: ours to theirs, medians of all rounds, each beside its limit.
BEGIN { FS = "\t" }
$1 == "limits" { cases[++count] = $2; limit["CPU", $2] = $3; limit["wall", $2] = $4 }
$1 == "time" {
    round = ++rounds[$2, $3]
    value["CPU", $2, $3, round] = $4
    value["wall", $2, $3, round] = $5
    if ($6 > peak[$2, $3]) peak[$2, $3] = $6
}
$1 == "bytes" { bytes[$2, $3] = $4 }
$1 == "files" && files[$2, $3] != "rewritten" { files[$2, $3] = $4 }

function median(what, name, side,    values, n, i, j, other) {
    n = rounds[name, side]
    for (i = 1; i <= n; i++) values[i] = value[what, name, side, i]
    for (i = 1; i <= n; i++)
        for (j = i + 1; j <= n; j++)
            if (values[j] < values[i]) { other = values[i]; values[i] = values[j]; values[j] = other }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

function heading(what) { printf "%-28s %12s %12s %8s %6s\n", what, "ours", "theirs", "ratio", "limit" }

function line(name, ours, theirs, digits, most,    ratio) {
    ratio = theirs ? ours / theirs : 0
    printf "%-28s %12.*f %12.*f %8.3f", name, digits, ours, digits, theirs, ratio
    if (most == "-") print ""
    else printf " %6.2f %s\n", most, ratio <= most ? "ok" : "over"
}

END {
    split("CPU wall", kinds, " ")
    for (k = 1; k <= 2; k++) {
        heading("seconds of " kinds[k])
        for (i = 1; i <= count; i++)
            line(cases[i], median(kinds[k], cases[i], "ours"), median(kinds[k], cases[i], "theirs"), 3,
                limit[kinds[k], cases[i]])
        print ""
    }
    heading("peak memory, kB")
    for (i = 1; i <= count; i++)
        line(cases[i], peak[cases[i], "ours"], peak[cases[i], "theirs"], 0, cases[i] ~ /cold, sqlite/ ? 1 : "-")
    from = "small, cold, sqlite"
    to = "headers, cold, sqlite"
    line("growth from 5,000 to 50,000", peak[to, "ours"] - peak[from, "ours"],
        peak[to, "theirs"] - peak[from, "theirs"], 0, 1)
    print ""
    heading("bytes of metadata")
    for (i = 1; i <= count; i++) line(cases[i], bytes[cases[i], "ours"], bytes[cases[i], "theirs"], 0, "-")
    print ""
    printf "%-28s %12s %12s\n", "files, nothing changed", "ours", "theirs"
    for (i = 1; i <= count; i++)
        if ((cases[i], "ours") in files)
            printf "%-28s %12s %12s %15s\n", cases[i], files[cases[i], "ours"], files[cases[i], "theirs"],
                files[cases[i], "ours"] == "untouched" ? "ok" : "over"
}
