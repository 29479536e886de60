import { EMPTY_SETTINGS, type Settings, type SettingsDocument } from "../../src/store/settings-document.ts";

/** The settings document without a disk: changes one after the other, seen when they have settled. */
export class MemorySettings implements Settings {
  #document: SettingsDocument = EMPTY_SETTINGS;
  #last: Promise<void> = Promise.resolve();

  get document(): SettingsDocument {
    return this.#document;
  }

  change(change: (document: SettingsDocument) => SettingsDocument): Promise<void> {
    this.#last = this.#last.then(() => {
      this.#document = change(this.#document);
    });
    return this.#last;
  }
}
