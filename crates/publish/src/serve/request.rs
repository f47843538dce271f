use jiff::Timestamp;

/// A request without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// As sent.
    pub(super) target: String,
    pub(super) keep_alive: bool,
    pub(super) range: Option<Range>,
    /// The copy that the client has is of this time, in seconds since 1970.
    pub(super) modified_since: Option<i64>,
    /// The range is wanted only of a file of this time.
    pub(super) if_range: Option<i64>,
}

/// One range of bytes (RFC 9110, 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// From, and to, inclusive.
    From(u64, Option<u64>),
    /// So many last bytes.
    Last(u64),
}

impl Request {
    /// `None` where it is no request that can be answered.
    pub(super) fn parse(head: &str) -> Option<Self> {
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !version.starts_with("HTTP/1.") {
            return None;
        }
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            keep_alive: version != "HTTP/1.0",
            range: None,
            modified_since: None,
            if_range: None,
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            request.field(&name.to_ascii_lowercase(), value.trim())?;
        }
        Some(request)
    }

    fn field(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "connection" if value.eq_ignore_ascii_case("close") => self.keep_alive = false,
            "connection" if value.eq_ignore_ascii_case("keep-alive") => self.keep_alive = true,
            "range" => self.range = Range::parse(value),
            "if-modified-since" => self.modified_since = seconds(value),
            // What is no time, such as an entity tag, is the time of no file.
            "if-range" => self.if_range = Some(seconds(value).unwrap_or(i64::MIN)),
            // A body would be taken for the next request.
            "content-length" if value != "0" => return None,
            "transfer-encoding" => return None,
            _ => {}
        }
        Some(())
    }

    /// The path's segments, decoded. `None` where it could lead anywhere but down, or to something hidden.
    pub(super) fn segments(&self) -> Option<Vec<String>> {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        // Through a proxy the whole URL is sent.
        let path = match path.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => path,
        };
        let mut segments = Vec::new();
        for segment in path.strip_prefix('/')?.split('/').filter(|segment| !segment.is_empty()) {
            let segment = decode(segment)?;
            if segment.starts_with('.') || segment.contains(['/', '\0']) {
                return None;
            }
            segments.push(segment);
        }
        Some(segments)
    }
}

impl Range {
    /// `None`, which means the whole file, for several ranges and for what is not understood, as RFC 9110 allows.
    fn parse(value: &str) -> Option<Self> {
        let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
        match (first.is_empty(), last.is_empty()) {
            (true, _) => Some(Self::Last(last.parse().ok()?)),
            (false, true) => Some(Self::From(first.parse().ok()?, None)),
            (false, false) => {
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// First byte and number of bytes in a file of `size` bytes; `None` where it lies outside.
    pub(super) fn within(self, size: u64) -> Option<(u64, u64)> {
        match self {
            Self::Last(count) => {
                (count > 0 && size > 0).then(|| (size.saturating_sub(count), count.min(size)))
            }
            Self::From(first, last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                (first < size).then(|| (first, end - first))
            }
        }
    }
}

/// A date of RFC 9110 as seconds since 1970.
fn seconds(value: &str) -> Option<i64> {
    let parsed: Timestamp = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(parsed.as_second())
}

fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let [high, low, after @ ..] = after else { return None };
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(*high)? << 4 | digit(*low)?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(target: &str) -> Option<Vec<String>> {
        Request::parse(&format!("GET {target} HTTP/1.1\r\n\r\n"))?.segments()
    }

    #[test]
    fn paths_lead_down_only() {
        assert_eq!(segments("/a//b%20c/?x=1"), Some(vec!["a".into(), "b c".into()]));
        assert_eq!(segments("http://host:80/a"), Some(vec!["a".into()]));
        assert_eq!(segments("/"), Some(vec![]));
        for bad in ["/..", "/a/../b", "/%2e%2e/x", "/.states", "/a%2fb", "/a%00", "/%ff", "/%4", "*", "a"] {
            assert_eq!(segments(bad), None, "{bad}");
        }
    }

    #[test]
    fn ranges() {
        let within = |value, size| Range::parse(value).and_then(|range| range.within(size));
        assert_eq!(within("bytes=0-9", 100), Some((0, 10)));
        assert_eq!(within("bytes=90-200", 100), Some((90, 10)));
        assert_eq!(within("bytes=90-", 100), Some((90, 10)));
        assert_eq!(within("bytes=-5", 100), Some((95, 5)));
        assert_eq!(within("bytes=-500", 100), Some((0, 100)));
        assert_eq!(within("bytes=100-", 100), None);
        for whole in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"] {
            assert_eq!(Range::parse(whole), None, "{whole}");
        }
        assert_eq!(within("bytes=0-18446744073709551615", 7), Some((0, 7)));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for bad in ["", "GET /", "GET / HTTP/2", "GET / x HTTP/1.1", "GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            assert_eq!(Request::parse(bad), None, "{bad}");
        }
        assert_eq!(Request::parse("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), None);
        let head = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n";
        let request = Request::parse(head).unwrap();
        assert!(request.keep_alive);
        assert_eq!(request.modified_since, Some(1_700_000_000));
    }
}
