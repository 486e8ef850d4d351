// SPDX-License-Identifier: BSD-2-Clause

//! Images that can be signed after they were built.

use kaal_payload::{KeyId, MAX_SIZE, Payload, Signature, TrustAnchor, key_id};

use crate::diagnostic::{Diagnostic, Origin};
use crate::format::digest::crc32c;
use crate::image_reader::ImageReader;
use crate::signing;

/// An image that is whole and whose loader boots signed images.
pub(crate) struct Signable<'a> {
    image: &'a ImageReader<'a>,
    anchor: TrustAnchor,
    message: [u8; 64],
}

impl<'a> Signable<'a> {
    /// Looks at `image`.
    pub(crate) fn new(image: &'a ImageReader<'a>) -> Result<Self, Diagnostic> {
        image.verify()?;
        let anchor = image.trust_anchor().ok_or_else(|| {
            image
                .origin()
                .diagnostic("nobody would look at the signature")
                .expected("an image whose loader boots signed images")
                .found("one whose loader boots any")
                .remedy("build it with --trust-key and target/kaal/elfloader-signed.elf")
        })?;
        Ok(Self {
            image,
            anchor,
            message: signing::message_of(image).ok_or_else(|| unencodable(image))?,
        })
    }

    /// What is signed: 64 bytes.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// The image's file with `signature`, which is from `origin`.
    pub(crate) fn signed(
        &self,
        origin: Origin<'_>,
        signature: &Signature,
    ) -> Result<Vec<u8>, Diagnostic> {
        if !signing::is_signed(&self.anchor, &self.message, signature) {
            return Err(origin
                .diagnostic("the loader would refuse the signature")
                .expected(format!(
                    "one of {}, by the key {} that its loader trusts",
                    self.image.origin(),
                    KeyId(key_id(&self.anchor.key))
                ))
                .found("one by another key, or of another message")
                .remedy("sign this image's --message with the private key to --trust-key"));
        }
        let payload = Payload {
            signature: *signature,
            ..self.image.payload()
        };
        let mut header = [0; MAX_SIZE];
        let size = payload.encode(&mut header, crc32c);
        let size = size.map_err(|_| unencodable(self.image))?;
        self.image.with_payload_header(&header[..size])
    }
}

fn unencodable(image: &ImageReader<'_>) -> Diagnostic {
    image
        .origin()
        .diagnostic("its payload header can't be written again")
        .expected(format!("a header of at most {MAX_SIZE} bytes"))
        .found("a larger one")
        .remedy("build the image again")
}
