#!/usr/bin/env bash
# A real Apache Kafka (KRaft, no ZooKeeper) on the loopback interface, from Maven Central only.
#
#   kafka.sh install [--version V]
#   kafka.sh start   [--port N] [--dir DIR] [--nodes 1|3] [--node I] [--heap 512m]
#                    [--set key=value]...
#   kafka.sh stop    [--port N | --dir DIR] [--node I]   SIGTERM, then wait
#   kafka.sh kill    [--port N | --dir DIR] [--node I]   SIGKILL (a crash); data is kept
#   kafka.sh pause   [--port N | --dir DIR] [--node I]   SIGSTOP: alive, but silent
#   kafka.sh resume  [--port N | --dir DIR] [--node I]   SIGCONT
#   kafka.sh status  [--port N | --dir DIR]              exit 0 when every node runs, 3 otherwise
#   kafka.sh destroy [--port N | --dir DIR]              kill, then delete the instance's data
#   kafka.sh tool    CLASS [ARGS...]                     run one of Kafka's command-line classes
#
# An instance is a directory: DIR, or one of the home that is named by the port. With --nodes 3 the
# brokers listen on N, N+1, N+2 (node ids 1, 2, 3); every node is broker and controller, and the
# controllers listen on the three ports after these. --node I limits a command to one node. In a
# setting {port+K}, with K from 0 to 6, stands for port N+K: with one node all but N and N+3 are free
# for listeners more.
# `start` is idempotent: nodes that run are left alone, formatted storage is reused.
#
# Home: ${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}. Needs Linux, Java 17 or newer, and
# Maven for `install`, which `start` does by itself where Kafka is not installed.
#
# MILLRACE_KAFKA_VERSION   4.3.1
# MILLRACE_KAFKA_WAIT      seconds until a node must be ready (90)
# MILLRACE_KAFKA_JVM       more JVM options of the brokers
set -euo pipefail

VERSION="${MILLRACE_KAFKA_VERSION:-4.3.1}"
HOME_DIR="${MILLRACE_SERVICES:-$HOME/.cache/millrace/services}"
PORT=19092 NODES='' NODE='' HEAP='512m' INST='' WAIT="${MILLRACE_KAFKA_WAIT:-90}"
SETS=()

die() { echo "kafka.sh: $*" >&2; exit 1; }
usage() { sed -n '2,27p' "$0"; }
now_ms() { local t; t=$(date +%s%N); echo $((t / 1000000)); }

CMD="${1:-}"; [ -n "$CMD" ] || { usage; exit 2; }
shift
if [ "$CMD" != tool ]; then
  while [ $# -gt 0 ]; do
    case "$1" in
      --port) PORT="${2:?}"; shift 2 ;;
      --nodes) NODES="${2:?}"; shift 2 ;;
      --node) NODE="${2:?}"; shift 2 ;;
      --heap) HEAP="${2:?}"; shift 2 ;;
      --dir) INST="${2:?}"; shift 2 ;;
      --set) SETS+=("${2:?}"); shift 2 ;;
      --version) VERSION="${2:?}"; shift 2 ;;
      -h|--help) usage; exit 0 ;;
      *) die "unknown option $1" ;;
    esac
  done
fi
case "$PORT" in *[!0-9]*) die "a port is a number" ;; esac

DIST="$HOME_DIR/kafka/$VERSION"
INST="${INST:-$HOME_DIR/kafka/run/$PORT}"
case "$INST" in /*) ;; *) INST="$PWD/$INST" ;; esac
CDS="$DIST/broker.jsa"

# What Kafka's command-line classes need beyond the broker; Connect and its web server are left out.
tools_dependency() {
  cat <<X
  <dependency>
   <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
   <version>$VERSION</version>
   <exclusions>
    <exclusion>
     <groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId>
    </exclusion>
    <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-api</artifactId></exclusion>
    <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId></exclusion>
    <exclusion><groupId>org.eclipse.jetty</groupId><artifactId>*</artifactId></exclusion>
    <exclusion><groupId>org.eclipse.jetty.ee10</groupId><artifactId>*</artifactId></exclusion>
    <exclusion>
     <groupId>org.glassfish.jersey.containers</groupId><artifactId>*</artifactId>
    </exclusion>
   </exclusions>
  </dependency>
X
}

# Copies the broker's jars to DIR/libs, and those of one more dependency.
copy_jars() {
  local dir="$1" more="$2" plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
  cat > "$dir/pom.xml" <<X
<project xmlns="http://maven.apache.org/POM/4.0.0">
 <modelVersion>4.0.0</modelVersion>
 <groupId>millrace.dev</groupId><artifactId>kafka</artifactId><version>1</version>
 <packaging>pom</packaging>
 <dependencies>
  <dependency>
   <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$VERSION</version>
  </dependency>
  <dependency>
   <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
   <version>2.25.4</version>
  </dependency>
$more
 </dependencies>
</project>
X
  rm -rf "$dir/libs"
  mvn -q -B -f "$dir/pom.xml" "$plugin:copy-dependencies" -DincludeScope=runtime \
    "-DoutputDirectory=$dir/libs" > "$dir/mvn.log" 2>&1
}

write_log_settings() {
  cat > "$1" <<'X'
<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <Console name="OUT" target="SYSTEM_OUT">
      <PatternLayout pattern="%d{HH:mm:ss.SSS} %p %c{1}: %m%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <Logger name="org.apache.kafka.common.config" level="WARN"/>
    <Logger name="org.apache.kafka.common.utils.AppInfoParser" level="WARN"/>
    <Logger name="kafka.server.KafkaConfig" level="WARN"/>
    <Root level="INFO"><AppenderRef ref="OUT"/></Root>
  </Loggers>
</Configuration>
X
}

install_kafka() {
  if [ -f "$DIST/.complete" ]; then echo "kafka $VERSION already installed"; return 0; fi
  command -v mvn >/dev/null || die "Maven (mvn) is needed to install Kafka"
  command -v java >/dev/null || die "Java 17 or newer is needed"
  mkdir -p "$HOME_DIR/kafka"
  # Whoever comes second waits for the first one's installation and finds it complete.
  exec 9>"$HOME_DIR/kafka/.lock"
  flock -n 9 || { echo "waiting for another installation of Kafka"; flock 9; }
  if [ -f "$DIST/.complete" ]; then exec 9>&-; return 0; fi
  echo "installing Kafka $VERSION with Maven into $HOME_DIR (once, about a minute)"
  local tmp="$DIST.part"
  rm -rf "$tmp" "$DIST"; mkdir -p "$tmp"
  if ! copy_jars "$tmp" "$(tools_dependency)"; then
    # Some releases are published without the command-line tools: the broker does not need them.
    copy_jars "$tmp" '' || { cat "$tmp/mvn.log" >&2; die "Maven could not resolve Kafka $VERSION"; }
    echo "note: kafka-tools $VERSION is not published; 'kafka.sh tool' is limited" >&2
  fi
  write_log_settings "$tmp/log4j2.xml"
  sed 's/"INFO"/"WARN"/; s/SYSTEM_OUT/SYSTEM_ERR/' "$tmp/log4j2.xml" > "$tmp/log4j2-tools.xml"
  mv "$tmp" "$DIST"
  warm_cds || echo "note: no class-data archive (start-up is slower without one)" >&2
  touch "$DIST/.complete"
  exec 9>&-
  echo "kafka $VERSION installed ($(du -sm "$DIST" | cut -f1) MiB)"
}

# One throw-away start, so that the JVM leaves an archive of the loaded classes: later starts take
# half the time.
warm_cds() (
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  INST="$dir/instance" PORT=$((20000 + RANDOM % 3000))
  mkdir -p "$INST"
  new_cluster_id > "$INST/cluster.id"
  MILLRACE_KAFKA_JVM="-XX:ArchiveClassesAtExit=$CDS" start_node 1 1
  if wait_node 1; then stop_node 1 TERM; else stop_node 1 KILL; fi
  [ -s "$CDS" ]
)

new_cluster_id() {
  local id=-
  while case "$id" in -*) true ;; *) false ;; esac; do
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
  done
  echo "$id"
}

node_dir() { echo "$INST/node-$1"; }
node_port() { echo $((PORT + $1 - 1)); }
ctl_port() { echo $((PORT + 3 + $1 - 1)); }

# The pid of a node that runs, or nothing. A pid file left by a crash matches no foreign process.
node_pid() {
  local f; f="$(node_dir "$1")/pid"
  [ -f "$f" ] || return 0
  local pid; pid=$(cat "$f")
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] || return 0
  if tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qxF "$(node_dir "$1")/server.properties"; then
    echo "$pid"
  fi
}

write_props() {
  local i="$1" n="$2" d rf isr voters='' k
  d="$(node_dir "$i")"
  if [ "$n" = 3 ]; then rf=3 isr=2; else rf=1 isr=1; fi
  for ((k = 1; k <= n; k++)); do voters+="${voters:+,}$k@127.0.0.1:$(ctl_port "$k")"; done
  mkdir -p "$d/data"
  # The broker session is 3 s rather than 9 s: a dead broker is fenced sooner, and a killed one may
  # register again sooner (the controller refuses a second registration while the old one lives).
  cat > "$d/server.properties" <<X
process.roles=broker,controller
node.id=$i
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$(node_port "$i"),CONTROLLER://127.0.0.1:$(ctl_port "$i")
advertised.listeners=PLAINTEXT://127.0.0.1:$(node_port "$i")
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$d/data
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=$rf
min.insync.replicas=$isr
offsets.topic.replication.factor=$rf
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$rf
transaction.state.log.min.isr=$isr
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=$rf
share.coordinator.state.topic.min.isr=$isr
share.coordinator.state.topic.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
add.partitions.to.txn.retry.backoff.ms=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=1000
controlled.shutdown.max.retries=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
X
  local s
  for s in ${SETS[@]+"${SETS[@]}"}; do
    for ((k = 0; k < 7; k++)); do s="${s//"{port+$k}"/$((PORT + k))}"; done
    echo "$s" >> "$d/server.properties"
  done
}

java_base() {
  JAVA=(java -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true
    -Djava.net.preferIPv4Stack=true -XX:-UsePerfData -Xlog:cds=off -Xlog:cds+dynamic=off)
  if [ -s "$CDS" ]; then JAVA+=("-XX:SharedArchiveFile=$CDS"); fi
}

# Runs a class of Kafka's in the foreground; JVM options may stand before its name.
tool() {
  java_base
  "${JAVA[@]}" -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$DIST/log4j2-tools.xml" \
    -cp "$DIST/libs/*" "$@"
}

port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start_node() {
  local i="$1" n="$2" d q try; d="$(node_dir "$i")"
  # Tests that talk to somebody else's broker pass or fail for the wrong reasons: a port that is
  # taken is refused. (A node that was just killed may hold its ports a moment longer.)
  for q in "$(node_port "$i")" "$(ctl_port "$i")"; do
    for ((try = 0; try < 40; try++)); do port_busy "$q" || continue 2; sleep 0.1; done
    die "port $q is already taken by another process"
  done
  mkdir -p "$d"
  write_props "$i" "$n"
  if [ ! -f "$d/data/meta.properties" ]; then
    tool -Xmx128m kafka.tools.StorageTool format --ignore-formatted \
      -t "$(cat "$INST/cluster.id")" -c "$d/server.properties" > "$d/format.log" 2>&1 ||
      { cat "$d/format.log" >&2; die "formatting the storage failed"; }
  fi
  java_base
  : > "$d/server.log"
  # shellcheck disable=SC2086
  setsid nohup "${JAVA[@]}" ${MILLRACE_KAFKA_JVM:-} "-Xms$HEAP" "-Xmx$HEAP" \
    "-Dlog4j2.configurationFile=$DIST/log4j2.xml" -cp "$DIST/libs/*" \
    kafka.Kafka "$d/server.properties" >> "$d/server.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$d/pid"
}

wait_node() {
  local i="$1" d deadline; d="$(node_dir "$i")"; deadline=$(($(date +%s) + WAIT))
  until grep -q 'Kafka Server started' "$d/server.log" 2>/dev/null; do
    # Not node_pid: a process that has just started may not show its arguments yet.
    if gone "$(cat "$d/pid")"; then
      tail -n 20 "$d/server.log" >&2; echo "kafka node $i ended while starting" >&2; return 1
    fi
    if [ "$(date +%s)" -ge "$deadline" ]; then
      tail -n 20 "$d/server.log" >&2; echo "kafka node $i not ready in ${WAIT}s" >&2; return 1
    fi
    sleep 0.05
  done
}

# Whether every thread has ended: the first one of a killed process is a zombie before the last one
# lets go of the ports.
gone() {
  local st; st=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1) || true
  [ -z "$st" ] || { [ "$st" = Z ] && [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]; }
}

# Whether every thread has stopped: a signal reaches those that compute a moment later.
paused() { [ -z "$(cat /proc/"$1"/task/*/stat | sed 's/.*) //' | cut -c1 | tr -d 'Tt\n')" ]; }

stop_node() {
  local i="$1" sig="$2" pid t=0; pid=$(node_pid "$i")
  if [ -z "$pid" ]; then rm -f "$(node_dir "$i")/pid"; return 0; fi
  kill "-$sig" "$pid" 2>/dev/null || true
  # A paused process takes no notice of SIGTERM before it goes on.
  [ "$sig" != TERM ] || kill -CONT "$pid" 2>/dev/null || true
  until gone "$pid"; do
    sleep 0.05; t=$((t + 1))
    if [ "$t" -ge 600 ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
  rm -f "$(node_dir "$i")/pid"
}

# The nodes that a command is about.
chosen_nodes() { if [ -n "$NODE" ]; then echo "$NODE"; else seq 1 "$(instance_nodes)"; fi; }

instance_nodes() { cat "$INST/nodes" 2>/dev/null || true; }
rss_mib() { awk '/^VmRSS/{printf "%d", $2/1024}' "/proc/$1/status" 2>/dev/null || echo 0; }

case "$CMD" in
  install) install_kafka ;;

  start)
    [ -f "$DIST/.complete" ] || install_kafka >&2
    have="$(instance_nodes)"
    if [ -n "$have" ]; then
      [ -z "$NODES" ] || [ "$NODES" = "$have" ] ||
        die "instance $PORT has $have node(s); destroy it first to change that"
      NODES="$have"
    fi
    NODES="${NODES:-1}"
    case "$NODES" in 1|3) ;; *) die "--nodes wants 1 or 3" ;; esac
    mkdir -p "$INST"
    [ -f "$INST/cluster.id" ] || new_cluster_id > "$INST/cluster.id"
    echo "$NODES" > "$INST/nodes"
    list=$(chosen_nodes)
    t0=$(now_ms); started=''
    for i in $list; do
      if [ -z "$(node_pid "$i")" ]; then start_node "$i" "$NODES"; started+=" $i"; fi
    done
    for i in $started; do wait_node "$i" || die "node $i did not start"; done
    boot=''; for ((i = 1; i <= NODES; i++)); do boot+="${boot:+,}127.0.0.1:$(node_port "$i")"; done
    echo "bootstrap=$boot version=$VERSION nodes=$NODES ready_ms=$(($(now_ms) - t0))"
    for i in $list; do
      p=$(node_pid "$i"); echo "node=$i pid=$p port=$(node_port "$i") rss_mib=$(rss_mib "$p")"
    done
    ;;

  stop|kill)
    n="$(instance_nodes)"; [ -n "$n" ] || { echo "no instance on port $PORT"; exit 0; }
    sig=TERM; [ "$CMD" = stop ] || sig=KILL
    # Side by side: a controller that stops alone waits for a quorum that the others hold.
    pids=''
    for i in $(chosen_nodes); do stop_node "$i" "$sig" & pids+=" $!"; done
    for p in $pids; do wait "$p"; done
    echo "$CMD done"
    ;;

  pause|resume)
    n="$(instance_nodes)"; [ -n "$n" ] || die "no instance on port $PORT"
    sig=STOP; [ "$CMD" = pause ] || sig=CONT
    for i in $(chosen_nodes); do
      p=$(node_pid "$i"); [ -n "$p" ] || die "node $i does not run"
      kill "-$sig" "$p"
      until [ "$CMD" = resume ] || paused "$p"; do sleep 0.02; done
    done
    echo "$CMD done"
    ;;

  status)
    n="$(instance_nodes)"; [ -n "$n" ] || { echo "no instance on port $PORT"; exit 3; }
    rc=0
    for ((i = 1; i <= n; i++)); do
      p=$(node_pid "$i")
      if [ -n "$p" ]; then
        echo "node=$i running pid=$p port=$(node_port "$i") rss_mib=$(rss_mib "$p")"
      else
        echo "node=$i stopped port=$(node_port "$i")"; rc=3
      fi
    done
    exit "$rc"
    ;;

  destroy)
    n="$(instance_nodes)"
    for ((i = 1; i <= ${n:-0}; i++)); do stop_node "$i" KILL; done
    # Only a directory that `start` made is deleted.
    [ ! -f "$INST/cluster.id" ] || rm -rf "$INST"
    echo "destroyed"
    ;;

  tool)
    [ $# -gt 0 ] || die "tool wants a class name"
    tool -Xmx256m "$@"
    ;;

  *) die "unknown command $CMD" ;;
esac
