package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;

import java.util.Locale;
import java.util.Optional;

/**
 * The unique name of an MCP client: ASCII, without hyphen or space, not starting with a digit.
 *
 * <p>A tool is addressed as {@code <client name>-<tool>}, so the first hyphen ends the name.
 */
public record ClientName(String value) {
    public ClientName {
        require(!value.isBlank(), "name", "must not be blank");
        require(value.length() <= 128, "name", "must not be longer than 128 characters");
        require(
                value.chars().allMatch(c -> c > 0x20 && c < 0x7f),
                "name",
                "must be printable ASCII without spaces");
        require(value.indexOf('-') < 0, "name", "must not contain a hyphen");
        require(!Character.isDigit(value.charAt(0)), "name", "must not start with a digit");
    }

    /** The name, if the text can be one. */
    public static Optional<ClientName> find(String text) {
        try {
            return Optional.of(new ClientName(text));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    /** The slug of a client whose operator did not choose one. */
    public EndpointSlug slug() {
        String slug = value.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String trimmed = slug.replaceAll("^-|-$", "");
        return new EndpointSlug(trimmed.isEmpty() ? "client" : trimmed);
    }

    @Override
    public String toString() {
        return value;
    }
}
