# Lets a build in the candidate begin with the dependencies that the user's own build has compiled: what is large is
# linked (it can only be read), what cargo may write to is copied, what belongs to the project itself is left out.
from="$FORKMERGE_CARGO_TARGET/debug"
if [ -d "$from/.fingerprint" ] && [ ! -e target ]; then
  mkdir -p target/debug/deps
  cp -Rp "$from/.fingerprint" "$from/build" target/debug/ 2>/dev/null
  cp -p "$from"/deps/*.d target/debug/deps/ 2>/dev/null
  for file in "$from"/deps/*.rlib "$from"/deps/*.rmeta "$from"/deps/*.so "$from"/deps/*.dylib; do
    [ -e "$file" ] && ln -s "$file" target/debug/deps/
  done
  hash='????????????????'
  grep -rhE --include=Cargo.toml --exclude-dir=target --exclude-dir=.git --exclude-dir=vendor '^name *= *"' . |
    cut -d'"' -f2 | sort -u | while read -r name; do
      crate=$(printf %s "$name" | tr - _)
      rm -rf target/debug/.fingerprint/"$name"-$hash target/debug/build/"$name"-$hash
      rm -f target/debug/deps/"$crate"-$hash* target/debug/deps/lib"$crate"-$hash*
    done
fi
:
