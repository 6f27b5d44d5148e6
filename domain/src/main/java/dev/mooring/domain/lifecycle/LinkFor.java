package dev.mooring.domain.lifecycle;

import java.util.List;
import java.util.Optional;

/**
 * Whose link it is: which browser may bring the authorization server's response.
 *
 * <p>RFC 6749 section 10.12 wants the response tied to the browser that began; else somebody could
 * send another person a link, and get the grant of whoever consents. A link that is made to be
 * handed to somebody cannot have that, since nobody knows their browser yet.
 */
public sealed interface LinkFor {
    /** Whoever the link is handed to. */
    record Anyone() implements LinkFor {}

    /** The browser that asked for the link, and no other one. */
    record OneBrowser(BrowserDigest digest) implements LinkFor {}

    static LinkFor of(Optional<BrowserDigest> digest) {
        return digest.<LinkFor>map(OneBrowser::new).orElseGet(Anyone::new);
    }

    default Optional<BrowserDigest> boundTo() {
        return switch (this) {
            case Anyone anyone -> Optional.empty();
            case OneBrowser one -> Optional.of(one.digest());
        };
    }

    /**
     * Whether a browser may bring the response.
     *
     * @param held all that it holds and presents as a secret of ours
     */
    default boolean admits(List<BrowserSecret> held) {
        return switch (this) {
            case Anyone anyone -> true;
            case OneBrowser one -> held.stream().anyMatch(one.digest()::isOf);
        };
    }

    /** What the HTTP contract calls it. */
    default String word() {
        return switch (this) {
            case Anyone anyone -> "anyone";
            case OneBrowser one -> "this_browser";
        };
    }
}
