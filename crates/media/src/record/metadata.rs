//! What every file says about itself: that it is synthetic (IPTC digital source type, as XMP and as a plain comment), and which program made it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{RecordError, SourceType};

/// Name and version of this program, as written into files.
pub(super) const CREATOR: &str = concat!("Retrato ", env!("CARGO_PKG_VERSION"));

/// The keyword under which PNG keeps XMP.
pub(super) const PNG_XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// The identifier of MP4's `uuid` box that holds XMP.
const XMP_UUID: [u8; 16] = [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];

/// The comment for people and simple readers.
pub(super) fn comment(source_type: SourceType) -> String {
    format!("{} ({})", source_type.sentence(), source_type.uri())
}

/// The XMP packet.
pub(super) fn xmp(source_type: SourceType) -> String {
    let (uri, sentence, now) = (source_type.uri(), source_type.sentence(), utc(SystemTime::now()));
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>\n\
         <xmp:CreatorTool>{CREATOR}</xmp:CreatorTool>\n\
         <xmp:CreateDate>{now}</xmp:CreateDate>\n\
         <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{sentence}</rdf:li></rdf:Alt></dc:description>\n\
         </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
}

/// A time as ISO 8601 writes it, always of the same length.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, of_day) = ((seconds / 86_400).min(2_900_000), seconds % 86_400);
    // Years that begin in March have their leap day at the end, and 400 of them have 146,097 days.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Contents of MP4's `udta` box: comment and tool the way iTunes writes them, which most readers know.
pub(super) fn udta_payload(source_type: SourceType) -> Vec<u8> {
    let items = [text_item(*b"\xA9cmt", &comment(source_type)), text_item(*b"\xA9too", CREATOR)].concat();
    let handler = mp4_box(*b"hdlr", &[&[0; 8], b"mdirappl", &[0; 9]]);
    mp4_box(*b"meta", &[&[0; 4], &handler, &mp4_box(*b"ilst", &[&items])])
}

/// MP4's top-level box with the XMP packet.
pub(super) fn xmp_box(source_type: SourceType) -> Vec<u8> {
    mp4_box(*b"uuid", &[&XMP_UUID, xmp(source_type).as_bytes()])
}

/// Reads the source type back from an MP4's own comment or XMP text.
pub(super) fn source_type_in(bytes: &[u8]) -> Option<SourceType> {
    let holds = |kind: SourceType| bytes.windows(kind.uri().len()).any(|window| window == kind.uri().as_bytes());
    [SourceType::TrainedAlgorithmicMedia, SourceType::CompositeSynthetic].into_iter().find(|kind| holds(*kind))
}

/// The text chunks of a PNG.
///
/// # Errors
/// [`RecordError::Encoder`] when the texts cannot be stored.
pub(super) fn describe_png<W: std::io::Write>(encoder: &mut png::Encoder<'_, W>, source_type: SourceType) -> Result<(), RecordError> {
    encoder.add_text_chunk("Software".to_owned(), CREATOR.to_owned()).map_err(RecordError::encoder("PNG"))?;
    encoder.add_text_chunk("Comment".to_owned(), comment(source_type)).map_err(RecordError::encoder("PNG"))?;
    encoder.add_itxt_chunk(PNG_XMP_KEYWORD.to_owned(), xmp(source_type)).map_err(RecordError::encoder("PNG"))
}

/// One entry of `ilst`: UTF-8 text.
fn text_item(name: [u8; 4], text: &str) -> Vec<u8> {
    const UTF8: [u8; 4] = [0, 0, 0, 1];
    mp4_box(name, &[&mp4_box(*b"data", &[&UTF8, &[0; 4], text.as_bytes()])])
}

/// A small box: size, name, contents.
fn mp4_box(name: [u8; 4], contents: &[&[u8]]) -> Vec<u8> {
    let body = contents.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], &name, &body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + std::time::Duration::from_secs(seconds)), wanted, "{seconds}");
        }
    }

    #[test]
    fn boxes_nest_with_true_sizes() {
        let meta = udta_payload(SourceType::CompositeSynthetic);
        let size = u32::from_be_bytes(meta[..4].try_into().expect("four bytes")) as usize;
        assert_eq!(size, meta.len(), "the outer size counts everything");
        assert_eq!(source_type_in(&meta), Some(SourceType::CompositeSynthetic), "the type can be read back");
        assert_eq!(source_type_in(b"nothing here"), None, "and is not invented");
    }

    #[test]
    fn the_packet_names_type_and_tool() {
        let packet = xmp(SourceType::TrainedAlgorithmicMedia);
        assert!(packet.contains("digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>"), "type: {packet}");
        assert!(packet.contains(CREATOR), "tool: {packet}");
    }
}
