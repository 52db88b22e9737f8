#!/usr/bin/env bash
# Runs a command beside a private PulseAudio whose only loudspeaker leads nowhere: what is played comes in at the microphone.
#   tools/null_sink.sh COMMAND [ARGUMENT]...
# A second loudspeaker, `mouth`, leads nowhere at all: PULSE_SINK=mouth kitt talk hears what is played, and not itself.
#   tools/null_sink.sh bash -c 'kitt listen --mic & sleep 3; paplay order.wav; sleep 2; kill %1'
# Touches neither the sound of this machine nor anyone's settings.
set -euo pipefail

lacking() {
    echo "null_sink: $1 is missing. Run: apt-get install -y pulseaudio pulseaudio-utils libasound2-plugins libportaudio2" >&2
    exit 3
}
for tool in pulseaudio pactl paplay; do
    command -v "$tool" >/dev/null || lacking "$tool"
done
ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 || lacking "ALSA's plug-in for PulseAudio"
[ $# -gt 0 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }

folder=$(mktemp -d /tmp/kitt-sound.XXXXXX)
server=""
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$folder"' EXIT

export XDG_RUNTIME_DIR=$folder PULSE_RUNTIME_PATH=$folder PULSE_STATE_PATH=$folder PULSE_COOKIE=$folder/cookie
pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --log-target="file:$folder/log" \
    --load="module-native-protocol-unix socket=$folder/native" \
    --load="module-null-sink sink_name=kitt rate=48000" --load="module-null-sink sink_name=mouth rate=48000" >/dev/null 2>&1 &
server=$!
export PULSE_SERVER=unix:$folder/native PULSE_SINK=kitt PULSE_SOURCE=kitt.monitor
for _ in $(seq 50); do
    pactl info >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { echo "null_sink: PulseAudio does not start: $(tail -n 1 "$folder/log")" >&2; exit 3; }
    sleep 0.1
done

# PortAudio comes to PulseAudio through ALSA
cat >"$folder/asound.conf" <<'END'
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
END
export ALSA_CONFIG_PATH=$folder/asound.conf

"$@"
