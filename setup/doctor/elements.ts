import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Finding } from './finding.ts'

/** The GStreamer elements that pipelines are made of, by the Debian package they come in. */
const ELEMENTS = {
  'libgstreamer1.0-0': 'capsfilter fakesink fdsink fdsrc filesink funnel identity multiqueue queue tee',
  'gstreamer1.0-plugins-base':
    'appsink appsrc audioconvert audioresample audiotestsrc clockoverlay decodebin gdppay opusdec opusenc uridecodebin videoconvert videorate videoscale videotestsrc',
  'gstreamer1.0-plugins-good':
    'flvdemux flvmux jpegdec jpegenc matroskademux matroskamux mp4mux multifilesink qtdemux rtpbin rtpjitterbuffer rtph264depay rtph264pay rtph265depay rtph265pay rtpopusdepay rtpopuspay rtpvp8depay rtpvp8pay rtpvp9depay rtspsrc souphttpsrc splitmuxsink udpsink udpsrc vp8dec vp8enc vp9dec',
  'gstreamer1.0-plugins-bad': 'gdpdepay h264parse h265parse hlsdemux hlssink2 mpegtsmux opusparse rtmp2sink tsdemux voaacenc',
  'gstreamer1.0-plugins-ugly': 'x264enc',
  'gstreamer1.0-libav': 'avdec_aac avdec_h264 avdec_h265 avenc_aac',
}

export async function checkElements(): Promise<Finding[]> {
  const present = await installedElements()
  if (present instanceof Error) {
    return [{ verdict: 'FAIL', subject: 'GStreamer', detail: `${present.message}: apt-get install gstreamer1.0-tools` }]
  }
  return Object.entries(ELEMENTS).map(([debianPackage, names]) => {
    const wanted = names.split(' ')
    const missing = wanted.filter((name) => !present.has(name))
    return missing.length === 0
      ? { verdict: 'ok', subject: debianPackage, detail: `all ${wanted.length} elements in use` }
      : { verdict: 'FAIL', subject: debianPackage, detail: `no ${missing.join(', ')}: apt-get install --reinstall ${debianPackage}` }
  })
}

async function installedElements(): Promise<Set<string> | Error> {
  try {
    const { stdout } = await promisify(execFile)('gst-inspect-1.0', [], { maxBuffer: 16 * 1024 ** 2, timeout: 60_000 })
    // Lines read `plugin:  element: what it is`.
    return new Set([...stdout.matchAll(/^\S+:\s+(\S+):/gm)].map((match) => match[1] ?? ''))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
