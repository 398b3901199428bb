/** Keeps the last picture on screen while a session is replaced. */
export class Still {
  #video
  #canvas

  /** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas */
  constructor(video, canvas) {
    this.#video = video
    this.#canvas = canvas
  }

  /** Copies what the video shows, if anything, over it. */
  take() {
    const { videoWidth, videoHeight } = this.#video
    if (videoWidth === 0 || !this.#canvas.hidden) return
    this.#canvas.width = videoWidth
    this.#canvas.height = videoHeight
    this.#canvas.getContext('2d')?.drawImage(this.#video, 0, 0)
    this.#canvas.hidden = false
  }

  /** Uncovers whatever is below. */
  drop() {
    this.#canvas.hidden = true
  }

  /** Uncovers the video once it shows a picture again. */
  hideOnNextFrame() {
    if (this.#canvas.hidden) return
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(() => this.drop())
    else this.drop()
  }
}
