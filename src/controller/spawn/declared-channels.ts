/** The channels that the fleet declares and the keeper holds. It opens each with the first run that inherits it. */
import {grantsAmong} from './inherited.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {ChannelSpec} from '../../fleet/types.ts';

export class DeclaredChannels {
  readonly #link: KeeperLink;
  /** The channels last sent to the keeper. */
  #channels: readonly ChannelSpec[] | null = null;

  constructor(link: KeeperLink) {
    this.#link = link;
  }

  /** Sends changed channels to the keeper, which closes those that are not declared any more. */
  declare(channels: readonly ChannelSpec[]): void {
    if (channels === this.#channels) return;
    this.#channels = channels;
    this.#link.order({type: 'channels', channels: grantsAmong(channels)});
  }
}
