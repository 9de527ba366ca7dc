//! Lists of brands.

use super::*;
use crate::iys::{ListedBrand, Rights};
use crate::model::consent::channel::Channel;

fn brand(iys_code: u32, brand: u32, title: &str, master: bool, rights: Rights) -> ListedBrand {
    let sender = Sender { iys_code: IysCode::new(iys_code).unwrap(), brand: BrandCode::new(brand).unwrap() };
    ListedBrand { sender, title: title.to_owned(), master, rights }
}

#[tokio::test(start_paused = true)]
async fn a_providers_own_brands_may_be_read_whole() {
    let body = r#"[{"brandCode":545454,"stats":{"consents":{"total":22}},"name":"test Marka 1","master":true},
        {"brandCode":"0545455","name":" iki\nsatır ","master":false}, {"brandCode":0}, {"name":"x"}, null, 7]"#;
    let fake = Fake::of(vec![told(200, body)]);
    let iys = fake.client();
    let brands = iys.own_brands(IysCode::new(545_454).unwrap()).await.unwrap();
    let expected =
        [brand(545_454, 545_454, "test Marka 1", true, Rights::ALL), brand(545_454, 545_455, "545455", false, Rights::ALL)];
    assert_eq!(brands, expected);
    assert_eq!((iys.figures().unreadable, fake.calls()[0].path.as_str()), (4, "/sps/545454/brands"));
}

#[tokio::test(start_paused = true)]
async fn a_partner_may_read_the_channels_it_was_given() {
    let body = r#"{"pagination":{"totalCount":2},"list":[
        {"brandCode":"12345609","iysCode":"0123458","name":"XXX AŞ","master":true,"MESAJ":"write","ARAMA":"read","EPOSTA":null},
        {"brandCode":12345670,"iysCode":1234567,"name":"ABC","master":"false","MESAJ":"None","ARAMA":"","EPOSTA":true},
        {"brandCode":12345671,"iysCode":1234567,"name":"DEF","MESAJ":false,"ARAMA":{},"EPOSTA":0},
        {"brandCode":12345672,"name":"no provider"}]}"#;
    let fake = Fake::of(vec![told(200, body)]);
    let brands = fake.client().partner_brands(IysCode::new(9).unwrap()).await.unwrap();
    let expected = [
        brand(123_458, 12_345_609, "XXX AŞ", true, Rights::on(&[Channel::Mesaj, Channel::Arama])),
        brand(1_234_567, 12_345_670, "ABC", false, Rights::on(&[Channel::Eposta])),
        brand(1_234_567, 12_345_671, "DEF", false, Rights::default()),
    ];
    assert_eq!(brands, expected);
    assert!(brands[0].rights.may_read(Channel::Mesaj) && !brands[0].rights.may_read(Channel::Eposta));
    assert_eq!(fake.calls().len(), 2, "a list that ignores the offset ends too");
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read() {
    let fake = Fake::new(|asked, _| {
        let offset: u32 = asked.path.split(['=', '&']).nth(1).unwrap().parse().unwrap();
        let list: Vec<String> = (offset..(offset + 100).min(250))
            .map(|n| format!(r#"{{"brandCode":{},"iysCode":7,"name":"b","MESAJ":"write"}}"#, n + 1))
            .collect();
        told(200, format!(r#"{{"list":[{}]}}"#, list.join(",")))
    });
    let brands = fake.client().partner_brands(IysCode::new(9).unwrap()).await.unwrap();
    assert_eq!(brands.iter().map(|brand| brand.sender.brand.get()).collect::<Vec<_>>(), (1..=250).collect::<Vec<_>>());
    let paths: Vec<String> = fake.calls().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, [0, 100, 200, 250].map(|offset| format!("/integrator/9/sps?offset={offset}&limit=100")));
}
