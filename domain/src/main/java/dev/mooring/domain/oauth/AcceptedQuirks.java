package dev.mooring.domain.oauth;

import java.net.URI;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The {@linkplain Quirk quirks} that an operator accepts, and what follows from them.
 *
 * @param unknown words that a newer version knows; they lift no rule here, and are kept for it
 */
public record AcceptedQuirks(Set<Quirk> quirks, Set<String> unknown) {
    /** All rules hold. */
    public static final AcceptedQuirks NONE = new AcceptedQuirks(Set.of());

    public AcceptedQuirks {
        quirks = Set.copyOf(quirks);
        unknown = Set.copyOf(unknown);
    }

    public AcceptedQuirks(Set<Quirk> quirks) {
        this(quirks, Set.of());
    }

    /**
     * Those that the words name.
     *
     * @throws dev.mooring.domain.InvalidValueException if one names none
     */
    public static AcceptedQuirks parse(Collection<String> words) {
        return new AcceptedQuirks(Set.copyOf(words.stream().map(Quirk::parse).distinct().toList()));
    }

    /** Those that stored words name, some of which a newer version may have written. */
    public static AcceptedQuirks stored(Collection<String> words) {
        Set<Quirk> known = new HashSet<>();
        Set<String> unknown = new HashSet<>();
        words.forEach(
                word -> Quirk.find(word).ifPresentOrElse(known::add, () -> unknown.add(word)));
        return new AcceptedQuirks(known, unknown);
    }

    /** Their words, always in the same order. */
    public List<String> words() {
        return Stream.concat(quirks.stream().sorted().map(Quirk::word), unknown.stream().sorted())
                .toList();
    }

    /**
     * Whether metadata may be used that was asked for by this issuer and calls it by this name (RFC
     * 8414 section 3.3, by plain string comparison). What names no issuer at all is no metadata
     * (section 2).
     */
    public boolean letMetadataOf(Issuer asked, Optional<String> named) {
        return named.filter(name ->
                        name.equals(asked.value()) || quirks.contains(Quirk.ISSUER_MISMATCH))
                .isPresent();
    }

    /**
     * Whether metadata for this resource may speak for the MCP server there (RFC 9728 section 3.3).
     */
    public boolean letMetadataFor(ResourceIdentifier named, URI server) {
        return named.covers(server) || quirks.contains(Quirk.RESOURCE_MISMATCH);
    }

    /**
     * What tokens are asked for. Metadata for another resource may name the authorization servers,
     * but never what a token is for: that would let a server collect tokens for somebody else.
     */
    public ResourceIdentifier resourceOf(ProtectedResource metadata, URI server) {
        return metadata.resource().covers(server)
                ? metadata.resource()
                : new ResourceIdentifier(server.toString());
    }

    /** The {@code resource} parameter, where it is sent (RFC 8707 section 2). */
    public Optional<ResourceIdentifier> sent(ResourceIdentifier resource) {
        return quirks.contains(Quirk.OMIT_RESOURCE) ? Optional.empty() : Optional.of(resource);
    }
}
