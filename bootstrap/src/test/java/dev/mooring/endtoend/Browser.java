package dev.mooring.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A person's browser, as much as a consent needs: it keeps cookies, follows redirects, and presses
 * the button of a form it is shown. It goes nowhere but to this machine.
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
            Pattern.compile(
                    "<form method=\"post\" action=\"([^\"]+)\">(.*?)</form>", Pattern.DOTALL);
    private static final Pattern FIELD =
            Pattern.compile("<(?:input|button) [^>]*?name=\"([^\"]+)\" value=\"([^\"]*)\"");

    private final HttpClient http =
            HttpClient.newBuilder()
                    .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    /** Opens a link and goes on until a page neither redirects nor asks. */
    Page open(String link) {
        return walk(URI.create(link), "");
    }

    /** The same, but stops in front of addresses that begin so; nothing is sent there. */
    URI openUntil(String link, String prefix) {
        return walk(URI.create(link), prefix).uri();
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
                here = here.resolve(form.group(1));
                answer = send(submit(here, form.group(2)));
            } else {
                return new Page(here, answer);
            }
        }
        throw new AssertionError("This walk does not end: " + here);
    }

    private static HttpRequest get(URI address) {
        return request(address).GET().build();
    }

    private static HttpRequest submit(URI address, String form) {
        List<String> pairs = new ArrayList<>();
        Matcher field = FIELD.matcher(form);
        while (field.find()) {
            pairs.add(encode(field.group(1)) + "=" + encode(field.group(2)));
        }
        return request(address)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(String.join("&", pairs)))
                .build();
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
}
