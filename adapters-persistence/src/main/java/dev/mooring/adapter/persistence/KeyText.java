package dev.mooring.adapter.persistence;

/**
 * Encryption keys that are themselves the value of a setting. Commas may stand for line breaks,
 * which are awkward in an environment.
 *
 * @param setting the setting's name
 */
public record KeyText(String setting, String text) implements KeySource {

    @Override
    public String name() {
        return setting;
    }

    @Override
    public EncryptionKeys read() {
        return EncryptionKeys.parse(setting, text.replace(',', '\n'));
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "KeyText[" + setting + "]";
    }
}
