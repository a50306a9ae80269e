//! What every file says about itself: that it is synthetic (IPTC digital source type, as XMP and as a plain comment), and which program made it.

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
    let (uri, sentence) = (source_type.uri(), source_type.sentence());
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>\n\
         <xmp:CreatorTool>{CREATOR}</xmp:CreatorTool>\n\
         <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{sentence}</rdf:li></rdf:Alt></dc:description>\n\
         </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
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
