# Sourced by the launcher and by CI. find_jdk sets `jdk_home` and `jdk_major` to the newest JDK of 21 or
# later among JAVA_HOME, /usr/lib/jvm and SDKMAN, or fails with a message. It reads the `release` file of
# each instead of asking its `java`: that takes microseconds where a JVM takes 50 ms.

find_jdk() {
  local home line version major minor patch rank best=0
  local candidates=("${JAVA_HOME:-}" /usr/lib/jvm/* "${HOME:-}"/.sdkman/candidates/java/*)
  jdk_home='' jdk_major=0
  for home in "${candidates[@]}"; do
    # A JRE will not do: the launcher builds what it runs.
    [[ -n $home && -x $home/bin/javac && -r $home/release ]] || continue
    version=''
    while read -r line; do
      [[ $line == JAVA_VERSION=* ]] && version=${line#JAVA_VERSION=} && version=${version//\"/} && break
    done <"$home/release"
    IFS=.+-_ read -r major minor patch _ <<<"$version"
    [[ $major =~ ^[0-9]+$ ]] && ((major >= 21)) || continue
    [[ $minor =~ ^[0-9]+$ ]] || minor=0
    [[ $patch =~ ^[0-9]+$ ]] || patch=0
    rank=$(((10#$major * 1000 + 10#$minor) * 1000 + 10#$patch))
    ((rank > best)) && best=$rank jdk_home=$home jdk_major=$major
  done
  if [[ -z $jdk_home ]]; then
    echo 'tallygate: no JDK 21 or newer in JAVA_HOME, /usr/lib/jvm or ~/.sdkman/candidates/java:' \
      'install a JDK 25 (or 21), for example Temurin, or set JAVA_HOME to one' >&2
    return 1
  fi
}
