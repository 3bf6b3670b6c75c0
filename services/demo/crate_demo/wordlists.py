"""Invented names and places. Towns do not exist, and no postcode begins with ZZ."""

# ruff: noqa: SIM905 - one name a line would be five hundred lines

WOMENS_NAMES = tuple(
    "Abigail Adaeze Aisha Alice Amara Amelia Anjali Anwen Audrey Beatrice Bethan Brenda Carys "
    "Catherine Chloe Daisy Deborah Diana Edith Eleanor Elsie Emma Esther Farah Fatima Fiona "
    "Florence Freya Gemma Georgia Grace Gwen Hannah Harriet Heather Helen Imogen Ingrid Iris "
    "Isla Ivy Jasmine Jean Joan Josephine Kamala Karen Kathleen Laura Leila Lily Lucy Mabel "
    "Margaret Martha Mei Miriam Morag Nadia Nancy Naomi Niamh Nora Olga Olive Padma Patience "
    "Pauline Phoebe Priya Rachel Rosemary Ruth Sana Sheila Sian Sunita Susan Tamara Una Ursula "
    "Valerie Vera Winifred Yasmin Yetunde Zainab Zofia".split()
)
MENS_NAMES = tuple(
    "Adam Ahmed Alan Albert Alfie Amit Andrew Angus Arjun Arthur Babatunde Barry Benedict "
    "Bernard Bilal Callum Charles Clive Colin Cyril Daniel David Dennis Derek Dylan Edmund "
    "Edward Emeka Eric Ernest Evan Farid Felix Francis Frank Gareth Geoffrey George Gerald "
    "Graham Gurpreet Harold Harry Hassan Henry Howard Hugh Ian Idris Imran Ivor Jack Jacob James "
    "Jerome John Joseph Keith Kenneth Kofi Kwame Leo Leonard Liam Malcolm Martin Maurice "
    "Mohammed Neil Nigel Norman Oliver Omar Oscar Owen Patrick Paul Peter Rajesh Ralph Reginald "
    "Rhys Robert Roger Samuel Sanjay Sidney Stanley Stefan Stephen Tariq Thomas Tomasz Victor "
    "Walter Wilfred William Winston Yusuf".split()
)
SURNAMES = tuple(
    "Abbott Adeyemi Ahmed Ainsworth Allardyce Anderson Appleby Archer Ashdown Atkins Bagshaw "
    "Bainbridge Baker Banerjee Barlow Barraclough Bassett Beckett Begum Bellamy Bennett Birch "
    "Blackwood Bolton Bowen Bradshaw Brady Briggs Brook Burgess Calloway Carter Chadwick Chan "
    "Chaudhry Clarke Clegg Cooper Cowley Crawford Dalton Davies Desai Dhillon Dixon Drummond "
    "Eastwood Edwards Ellison Evans Fairclough Farrow Fenwick Fielding Fletcher Gallagher "
    "Gibbons Goddard Graves Greenwood Griffiths Gupta Haddock Hamilton Hargreaves Harper Hayes "
    "Heath Holloway Hughes Hussain Ibrahim Ingham Iqbal Jackson Jenkins Jones Kapoor Kaur "
    "Kendrick Khan Kirby Kowalski Lacey Langley Lawson Lewis Lloyd Lockwood MacDonald Malik "
    "Marsden Mensah Mercer Middleton Morgan Murphy Nash Nesbitt Newton Nowak Nwosu Oakley "
    "Obi Okafor Osborne Owens Parker Patel Pearce Pemberton Pickering Platt Powell Price "
    "Quigley Radcliffe Rahman Ramsden Redfern Rees Reynolds Rhodes Roberts Rowe Sadler Sanderson "
    "Saunders Sharma Shaw Shepherd Siddiqui Simpson Singh Skelton Stirling Sutton Taylor "
    "Thackeray Thorne Tucker Underhill Uddin Vaughan Wainwright Walker Walton Warburton Webb "
    "Whitaker Whitfield Wilkins Williams Winter Woods Wright Yates Young Zaman".split()
)
STREETS = tuple(
    "Alder Lane|Bakers Row|Beech Avenue|Bishops Walk|Brewery Lane|Bridge Street|Brook Close|"
    "Canal Terrace|Chapel Hill|Cherry Tree Road|Church Lane|Coronation Road|Cross Street|"
    "Dove Lane|Elm Grove|Fairfield Road|Ferry Lane|Fox Hollow|Garden Street|Granary Way|"
    "Green Lane|Hawthorn Drive|Heron Close|High Street|Hillside|Ivy Cottages|Jubilee Avenue|"
    "Kiln Lane|Lark Rise|Limes Avenue|Lock Cottages|Malthouse Yard|Market Place|Meadow View|"
    "Mill Road|Northgate|Oak Drive|Old Forge Lane|Orchard Way|Park Crescent|Pound Lane|"
    "Priory Road|Quarry Bank|Queens Road|Railway Terrace|River Walk|Rose Hill|School Lane|"
    "Sheaf Street|Spinney Close|Station Road|Swan Street|Tannery Court|Vicarage Road|"
    "Walnut Close|Water Lane|Weavers Row|West Street|Willow Bank|Windmill Hill".split("|")
)
TOWNS = tuple(
    "Ashcombe Magna|Brackenford|Castle Wexley|Dunmere|Eastling St Mary|Fenwick Hythe|"
    "Great Harrowden Cross|Hollowbridge|Kelthorpe|Little Wendlow|Marlingford Quay|Nethercombe|"
    "Oxenholt|Quenby Marsh|Stoke Averill|Thornley Beck|Upper Saxby|Wickenford".split("|")
)
COUNTY = "Westfordshire"
COUNTRY = "United Kingdom"
PRACTICES = tuple(
    "Abbey Street Surgery|Brookside Practice|Dunmere Health Centre|Marsh Lane Surgery|"
    "Old Mill Medical Centre|Orchard Family Practice|Quayside Surgery|Riverbank Practice|"
    "St Anne's Surgery|Thornley Road Practice".split("|")
)
