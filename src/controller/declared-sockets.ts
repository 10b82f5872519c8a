/** The sockets that the fleet declares. The keeper opens each with the first run that inherits it. */
import type {KeeperLink} from './keeper-link.ts';
import type {ChannelSpec} from '../fleet/types.ts';

export class DeclaredSockets {
  readonly #link: KeeperLink;
  /** Whose sockets the keeper has been told of. */
  #channels: readonly ChannelSpec[] | null = null;

  constructor(link: KeeperLink) {
    this.#link = link;
  }

  /** Tells the keeper of a change: it closes those that are not declared any more. */
  declare(channels: readonly ChannelSpec[]): void {
    if (channels === this.#channels) return;
    this.#channels = channels;
    const addresses = channels.flatMap(channel => (channel.kind === 'socket' ? [channel.address] : []));
    this.#link.order({type: 'sockets', addresses});
  }
}
