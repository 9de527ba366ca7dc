//! The protobuf codec of every gRPC method: prost's, except that a message that cannot be read is the
//! caller's fault with a stable code, not an internal error.

use crate::api::error::{Kind, Problem};
use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::ProstEncoder;

/// Encodes `T`, decodes `U`.
pub struct ProtobufCodec<T, U>(PhantomData<(T, U)>);

/// Decodes `U`.
pub struct ProtobufDecoder<U>(PhantomData<U>);

impl<T, U> Default for ProtobufCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for ProtobufCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = ProtobufDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProtobufDecoder(PhantomData)
    }
}

impl<U: Message + Default> Decoder for ProtobufDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // prost's text names fields and wire types, never what they held.
        U::decode(bytes).map(Some).map_err(|error| Problem::new(Kind::MalformedProtobuf, error.to_string()).into())
    }
}
