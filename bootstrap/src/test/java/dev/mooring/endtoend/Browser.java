package dev.mooring.endtoend;

import dev.mooring.party.KnownSecrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieHandler;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A person's browser, as much as a consent needs: it keeps cookies, follows redirects, fills in the
 * form it is shown with what the person knows, and presses the first button. It goes nowhere but to
 * this machine.
 */
final class Browser implements AutoCloseable {

    /** Where a walk ended. */
    record Page(URI uri, HttpResponse<String> response) {
        int status() {
            return response.statusCode();
        }

        String body() {
            return response.body();
        }

        Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }
    }

    private static final int MOST_STEPS = 20;
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern FORM =
            Pattern.compile("<form\\b([^>]*)>(.*?)</form>", Pattern.DOTALL);
    private static final Pattern FIELD = Pattern.compile("<(?:input|button)\\b([^>]*)>");
    private static final Pattern ATTRIBUTE = Pattern.compile("([a-z-]+)=\"([^\"]*)\"");

    private final Map<String, String> known;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .cookieHandler(new LoopbackCookies())
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    Browser() {
        this(Map.of());
    }

    /** Of a person who knows what to write into the fields of these names. */
    Browser(Map<String, String> known) {
        this.known = Map.copyOf(known);
    }

    /** Opens a link and goes on until a page neither redirects nor asks. */
    Page open(String link) {
        return walk(URI.create(link), "");
    }

    /** The same, but stops in front of addresses that begin so; nothing is sent there. */
    URI openUntil(String link, String prefix) {
        return walk(URI.create(link), prefix).uri();
    }

    /** Sends JSON as a script of a page of that origin does. */
    Page post(String address, String json) {
        URI uri = URI.create(address);
        return new Page(
                uri,
                send(
                        request(uri)
                                .header("Content-Type", "application/json")
                                .header("Sec-Fetch-Site", "same-origin")
                                .POST(BodyPublishers.ofString(json))
                                .build()));
    }

    @Override
    public void close() {
        http.close();
    }

    private Page walk(URI link, String stopBefore) {
        URI here = link;
        HttpResponse<String> answer = send(get(here));
        for (int step = 0; step < MOST_STEPS; step++) {
            Optional<String> location = answer.headers().firstValue("Location");
            Matcher form = FORM.matcher(answer.body());
            if (answer.statusCode() / 100 == 3 && location.isPresent()) {
                here = here.resolve(location.orElseThrow());
                if (!stopBefore.isEmpty() && here.toString().startsWith(stopBefore)) {
                    return new Page(here, answer);
                }
                answer = send(get(here));
            } else if (answer.statusCode() == 200 && form.find()) {
                here = here.resolve(attributes(form.group(1)).getOrDefault("action", ""));
                answer = send(submit(here, form.group(2)));
            } else {
                // Forms that ask and redirects carry codes and states on purpose; this is the end.
                SaidSecrets.areNotIn(answer.body().lines().toList());
                return new Page(here, answer);
            }
        }
        throw new AssertionError("This walk does not end: " + here);
    }

    private static HttpRequest get(URI address) {
        return request(address).GET().build();
    }

    private HttpRequest submit(URI address, String form) {
        List<String> pairs = new ArrayList<>();
        boolean pressed = false;
        Matcher field = FIELD.matcher(form);
        while (field.find()) {
            Map<String, String> attributes = attributes(field.group(1));
            boolean button = attributes.getOrDefault("type", "").equals("submit");
            String name = attributes.getOrDefault("name", "");
            if (!name.isEmpty() && !(button && pressed)) {
                String value = known.getOrDefault(name, attributes.getOrDefault("value", ""));
                pairs.add(encode(name) + "=" + encode(value));
                pressed |= button;
            }
        }
        return request(address)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(String.join("&", pairs)))
                .build();
    }

    private static Map<String, String> attributes(String tag) {
        Map<String, String> attributes = new LinkedHashMap<>();
        Matcher attribute = ATTRIBUTE.matcher(tag);
        while (attribute.find()) {
            attributes.put(attribute.group(1), attribute.group(2).replace("&amp;", "&"));
        }
        return attributes;
    }

    private static HttpRequest.Builder request(URI address) {
        if (!"http".equals(address.getScheme()) || !LOOPBACK.contains(address.getHost())) {
            throw new AssertionError("A test's browser stays on this machine: " + address);
        }
        return HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(20))
                .header("Accept", "text/html");
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /**
     * Cookies as browsers treat them on loopback: there {@code Secure} ones go over plain http too,
     * which the JDK's own store refuses. Names are enough to tell them apart here.
     */
    private static final class LoopbackCookies extends CookieHandler {
        private final Map<String, Map<String, String>> byHost = new ConcurrentHashMap<>();

        @Override
        public Map<String, List<String>> get(URI uri, Map<String, List<String>> headers) {
            String cookies =
                    byHost.getOrDefault(uri.getAuthority(), Map.of()).entrySet().stream()
                            .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                            .collect(Collectors.joining("; "));
            return cookies.isEmpty() ? Map.of() : Map.of("Cookie", List.of(cookies));
        }

        @Override
        public void put(URI uri, Map<String, List<String>> headers) {
            headers.entrySet().stream()
                    .filter(header -> "set-cookie".equalsIgnoreCase(header.getKey()))
                    .flatMap(header -> header.getValue().stream())
                    .flatMap(cookie -> HttpCookie.parse(cookie).stream())
                    .forEach(cookie -> keep(uri.getAuthority(), cookie));
        }

        private void keep(String host, HttpCookie cookie) {
            Map<String, String> cookies =
                    byHost.computeIfAbsent(host, unknown -> new ConcurrentHashMap<>());
            if (cookie.hasExpired()) {
                cookies.remove(cookie.getName());
            } else {
                cookies.put(cookie.getName(), KnownSecrets.remember(cookie.getValue()));
            }
        }
    }
}
