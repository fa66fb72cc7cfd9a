# Prints the folder in which go is to keep what it compiles.  Where the user's own can only be read, that is a folder of
# links to it: go has to write into its cache, and what it writes stays in this run.  It is tried, not asked: access(2)
# knows nothing of Landlock.
if [ -n "$GOCACHE" ] && [ -d "$GOCACHE" ]; then
  probe="$GOCACHE/.forkmerge-$$"
  if (: >"$probe") 2>/dev/null; then
    rm -f "$probe"
    printf %s "$GOCACHE"
  else
    links="${TMPDIR:-/tmp}/forkmerge-go-build"
    [ -d "$links" ] || { mkdir -p "$links" && cp -Rs "$GOCACHE"/. "$links"/ 2>/dev/null; }
    printf %s "$links"
  fi
fi
