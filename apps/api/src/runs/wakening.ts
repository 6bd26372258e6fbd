/** Something that waits to be woken; what came before it waits is not lost. */
export class Wakening {
  private isWoken = false;
  private resolve: (() => void) | undefined;

  wake(): void {
    this.isWoken = true;
    this.resolve?.();
  }

  /** Waits until it is woken, or so long. */
  async within(ms: number): Promise<void> {
    if (!this.isWoken) await this.wait(ms);
    this.isWoken = false;
  }

  private async wait(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.resolve = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.resolve = undefined;
  }
}
